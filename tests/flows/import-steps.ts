import { expect } from "vitest";
import type { Id } from "#db/ids.ts";
import type { Verdict } from "#server/imports/rules.ts";
import type { StageUser } from "../stage.ts";

export type Api = StageUser["api"];

export const consentStatement = "They ticked the box on the class form.";

/** The upload form with a file. */
export function upload(
  bytes: Uint8Array<ArrayBuffer> | string,
  fileName: string,
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData();
  form.set("file", new File([bytes], fileName));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/** A CSV with the exact header, of people given as [name, phone, consent, city]. */
export const csvOf = (rows: readonly (readonly string[])[], header = ["name", "phone_e164", "consent"]) =>
  [header, ...rows].map((row) => row.join(",")).join("\n");

/** Stages a CSV of people given as [name, phone, consent]. */
export const stageRows = (api: Api, rows: readonly (readonly string[])[], fields: Record<string, string> = {}) =>
  api.imports.stage(upload(csvOf(rows), "people.csv", fields));

/** Commits a file that puts somebody on a list. */
export async function commit(api: Api, importId: Id<"import">) {
  const done = await api.imports.commit({ importId, consentStatement });
  const { contactListId } = done;
  if (!contactListId) throw new Error("the import made no list");
  return { ...done, contactListId };
}

/** Stages and commits. */
export async function bring(
  api: Api,
  rows: readonly (readonly string[])[],
  fields: Record<string, string> = {},
  header = ["name", "phone_e164", "consent"],
) {
  const staged = await api.imports.stage(upload(csvOf(rows, header), "people.csv", fields));
  return commit(api, staged.id);
}

export const refused = (code: string) => expect.objectContaining({ cause: expect.objectContaining({ code }) });

export const allCounts = (counts: Partial<Record<Verdict, number>>) => ({
  valid: 0,
  updated: 0,
  unchanged: 0,
  duplicate: 0,
  invalid: 0,
  no_consent: 0,
  opted_out: 0,
  ...counts,
});

export const ayu = ["Ayu", "+6281200000001", "yes"] as const;
export const bima = ["Bima", "+6281200000002", "yes"] as const;
export const citra = ["Citra", "+6281200000003", "yes"] as const;
