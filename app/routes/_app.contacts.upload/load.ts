import { verdicts } from "#server/imports/rules.ts";
import type { Api } from "#server/route-api.ts";
import { idParam, oneOf } from "../../lib/params.ts";
import { countriesFor } from "./mapping/countries.server.ts";

export type ImportPreview = Awaited<ReturnType<Api["imports"]["preview"]>>;
export type PreviewRow = ImportPreview["rows"][number];
export type UndoState = Awaited<ReturnType<Api["imports"]["canUndo"]>>;
export type RecentImport = Awaited<ReturnType<Api["imports"]["list"]>>[number];

/**
 * The upload form with what was imported before, or one import in whatever state it is. Whether it can be undone is looked
 * at when its user wants to: that takes a look at everybody of it.
 */
export async function loadUpload(api: Api, search: URLSearchParams, tz: string) {
  if (!search.has("import")) {
    const [lists, recent] = await Promise.all([api.contacts.lists(), api.imports.list()]);
    return {
      preview: null,
      lists: lists.map(({ id, name }) => ({ id, name })),
      recent,
      countries: countriesFor(tz),
    };
  }
  const cursor = Number(search.get("cursor"));
  const preview = await api.imports.preview({
    importId: idParam("import", search.get("import")),
    verdict: oneOf(search.get("verdict"), verdicts),
    ...(Number.isInteger(cursor) && cursor > 0 ? { cursor } : {}),
  });
  const asksUndo = preview.status === "committed" && search.get("step") === "undo";
  const undo = asksUndo ? await api.imports.canUndo({ importId: preview.id }) : null;
  const mapping = preview.status === "mapping" || (preview.status === "staged" && search.get("step") === "columns");
  return { preview, undo, countries: mapping ? countriesFor(tz) : null };
}
