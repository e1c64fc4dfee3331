import { readFileSync } from "node:fs";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs, contacts, identityPairs, importRows, imports, suppressions } from "#db/schema/index.ts";
import { rejectedRowsCsv } from "#server/imports/queries.ts";
import type { Verdict } from "#server/imports/rules.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";

const consentStatement = "They ticked the box on the class form.";
const example = (name: string) => readFileSync(new URL(`../../examples/${name}`, import.meta.url));

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

function upload(
  bytes: Uint8Array<ArrayBuffer> | string,
  fileName: string,
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData();
  form.set("file", new File([bytes], fileName));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/** Stages a CSV of people given as [name, phone, consent]. */
const stageRows = (rows: string[][], fields: Record<string, string> = {}, api = user.api) => {
  const lines = [["name", "phone_e164", "consent"], ...rows].map((row) => row.join(","));
  return api.imports.stage(upload(lines.join("\n"), "people.csv", fields));
};
const commit = (importId: Id<"import">, api = user.api) => api.imports.commit({ importId, consentStatement });
const refused = (code: string) => expect.objectContaining({ cause: expect.objectContaining({ code }) });
const allCounts = (counts: Partial<Record<Verdict, number>>) => ({
  valid: 0,
  invalid: 0,
  no_consent: 0,
  duplicate_in_file: 0,
  duplicate_in_list: 0,
  opted_out: 0,
  ...counts,
});
const ayu = ["Ayu", "+6281200000001", "yes"];
const bima = ["Bima", "+6281200000002", "yes"];

describe("an import", () => {
  test.each(["classmates.xlsx", "classmates.csv"])(
    "of %s shows each row's verdict before anything is kept",
    async (name) => {
      const staged = await user.api.imports.stage(upload(example(name), name));
      expect(staged).toMatchObject({
        status: "staged",
        listName: "classmates",
        columns: ["class", "city"],
        total: 17,
        counts: allCounts({ valid: 12, invalid: 2, no_consent: 2, duplicate_in_file: 1 }),
        error: null,
      });
      const bad = staged.rows.filter((row) => row.verdict !== "valid");
      expect(bad.map(({ rowNo, column, value }) => [rowNo, column, value])).toEqual([
        [14, "consent", "no"],
        [15, "consent", ""],
        [16, "phone_e164", "+6281200000001"],
        [17, "phone_e164", "6281200000015"],
        [18, "phone_e164", "+62812"],
      ]);
      for (const row of bad) expect(row.reason).toMatch(/\w+.*\.$/);
      expect(await user.api.contacts.lists()).toEqual([]);
    },
  );

  test("keeps the valid rows with their consent as evidence, and is audited", async () => {
    const staged = await user.api.imports.stage(
      upload(example("classmates.xlsx"), "classmates.xlsx", { listName: "Class of 2026" }),
    );
    const done = await commit(staged.id);
    expect(done).toMatchObject({ added: 12, rows: 17, listName: "Class of 2026", counts: staged.counts });
    expect(await user.api.contacts.lists()).toMatchObject([
      { id: done.contactListId, name: "Class of 2026", total: 12, sendable: 12, columns: ["class", "city"] },
    ]);
    const page = await user.api.contacts.page({ listId: done.contactListId });
    expect(page.nextCursor).toBeNull();
    expect(page.rows.map((row) => row.name).slice(0, 3)).toEqual(["Ayu Lestari", "Bima Saputra", "Citra Dewi"]);
    expect(page.rows[2]).toMatchObject({
      phoneE164: "+6281200000003",
      attributes: { class: "3A", city: "Surabaya" },
      consent: true,
      consentSource: "classmates.xlsx, row 4",
      consentStatement,
      consentAt: expect.any(Date),
      optedOut: false,
    });
    const audits = await stage.db.select().from(auditLogs).where(eq(auditLogs.userId, user.id));
    const meta = { importId: staged.id, contactListId: done.contactListId, rows: 17, added: 12 };
    expect(audits.find((row) => row.action === "contacts.imported")?.meta).toEqual(meta);
    await expect(commit(staged.id)).rejects.toEqual(refused("wrong_state"));
    await expect(user.api.imports.discard({ importId: staged.id })).rejects.toEqual(refused("wrong_state"));
  });

  test("of the same file to the same list again adds nothing", async () => {
    const { contactListId } = await commit((await stageRows([ayu, bima])).id);
    const again = await stageRows([ayu, bima], { contactListId });
    expect(again.counts).toEqual(allCounts({ duplicate_in_list: 2 }));
    expect(again.error).toMatch(/No row/);
    await expect(commit(again.id)).rejects.toEqual(refused("no_usable_rows"));
    expect(await user.api.contacts.list({ id: contactListId })).toMatchObject({ total: 2 });
  });

  test("adds to a list what is new, with the columns it brings", async () => {
    const { contactListId } = await commit((await stageRows([ayu])).id);
    const csv = "name,phone_e164,consent,city\nAyu,+6281200000001,yes,Bogor\nBima,+6281200000002,yes,Depok";
    const more = await user.api.imports.stage(upload(csv, "more.csv", { contactListId, listName: "" }));
    expect(more.counts).toEqual(allCounts({ valid: 1, duplicate_in_list: 1 }));
    expect(await commit(more.id)).toMatchObject({ contactListId, added: 1 });
    expect(await user.api.contacts.list({ id: contactListId })).toMatchObject({ total: 2, columns: ["city"] });
    expect(await user.api.contacts.sampleRows({ listId: contactListId, count: 1 })).toMatchObject([
      { name: "Ayu", attributes: {} },
    ]);
  });

  test("without one usable row is an error that shows every row, and cannot be committed", async () => {
    const staged = await stageRows([
      ["Ayu", "0812", "yes"],
      ["Bima", "+6281200000002", "no"],
    ]);
    expect(staged).toMatchObject({
      counts: allCounts({ invalid: 1, no_consent: 1 }),
      error: expect.stringMatching(/No row/),
    });
    expect(staged.rows).toHaveLength(2);
    await expect(commit(staged.id)).rejects.toEqual(refused("no_usable_rows"));
    expect(await user.api.imports.preview({ importId: staged.id })).toMatchObject({ status: "staged" });
    expect(await user.api.contacts.lists()).toEqual([]);
  });

  test("that waits while another one brings the same people counts what it really kept", async () => {
    const { contactListId } = await commit((await stageRows([ayu])).id);
    const first = await stageRows([bima, ["Citra", "+6281200000003", "yes"], ["Dimas", "+6281200000004", "yes"]], {
      contactListId,
    });
    const second = await stageRows([bima], { contactListId });
    await commit(second.id);
    await user.api.contacts.suppress({ phone: "+6281200000004" });
    const done = await commit(first.id);
    expect(done).toMatchObject({ added: 1, counts: allCounts({ valid: 1, duplicate_in_list: 1, opted_out: 1 }) });
    const preview = await user.api.imports.preview({ importId: first.id });
    expect(preview.counts).toEqual(done.counts);
    expect(preview.rows.map((row) => row.verdict)).toEqual(["duplicate_in_list", "valid", "opted_out"]);
    expect(await user.api.contacts.list({ id: contactListId })).toMatchObject({ total: 3 });
  });

  test("pressed twice at the same moment is committed once", async () => {
    const { id } = await stageRows([ayu, bima]);
    const results = await Promise.allSettled([commit(id), commit(id), commit(id)]);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect(await user.api.contacts.lists()).toMatchObject([{ total: 2 }]);
  });

  test("thrown away leaves no row behind", async () => {
    const { id } = await stageRows([ayu]);
    await user.api.imports.discard({ importId: id });
    expect(await stage.db.$count(importRows, eq(importRows.importId, id))).toBe(0);
    expect(await user.api.imports.staged()).toEqual([]);
    await expect(commit(id)).rejects.toEqual(refused("wrong_state"));
  });

  test("needs to know how the people agreed", async () => {
    const { id } = await stageRows([ayu]);
    await expect(user.api.imports.commit({ importId: id, consentStatement: "  " })).rejects.toThrow(
      /Say in a sentence/,
    );
  });

  test.each([
    ["not a form", {}, /multipart/],
    ["no file", new FormData(), /Choose an .xlsx or .csv/],
    ["a file over 10 MB", upload(new Uint8Array(10 * 1024 * 1024 + 1), "big.csv"), /larger than 10 MB/],
    ["a header without consent", upload("name,phone_e164\nAyu,+6281200000001", "a.csv"), /"consent" is missing/],
    ["a header alone", upload("name,phone_e164,consent\n", "a.csv"), /no rows below/],
    ["a renamed program", upload(Buffer.from("4d5a9000", "hex"), "people.xlsx"), /Windows program/],
  ])("with %s is refused in a sentence and keeps nothing", async (_, form, sentence) => {
    await expect(user.api.imports.stage(form as FormData)).rejects.toThrow(sentence);
    expect(await stage.db.$count(imports, eq(imports.userId, user.id))).toBe(0);
  });

  test("of 3,000 mixed rows puts every row in exactly one place", async () => {
    const number = fc.nat({ max: 1_999 }).map((n) => `+628120000${String(n).padStart(4, "0")}`);
    const row = fc.tuple(
      fc.constantFrom("Ayu", "Bima", "", "=1+1", "'", "名前"),
      fc.oneof({ weight: 4, arbitrary: number }, fc.constantFrom("0812", "x", "", "6.2E+11")),
      fc.constantFrom("yes", "ya", "no", "", "maybe"),
    );
    const rows = fc.sample(row, { numRuns: 3_000, seed: 20_260_817 });
    await user.api.contacts.suppress({ phone: "+6281200000007" });
    const { contactListId } = await commit((await stageRows(rows.slice(0, 500))).id);
    const staged = await stageRows(rows, { contactListId });
    const done = await commit(staged.id);
    for (const counts of [staged.counts, done.counts]) {
      expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(staged.total);
    }
    expect(done.counts.valid).toBe(done.added);
    const { total } = await user.api.contacts.list({ id: contactListId });
    expect(await stage.db.$count(contacts, eq(contacts.contactListId, contactListId))).toBe(total);
  });
});

describe("a person who opted out", () => {
  test("stays so under every identity known of them, whatever a file says", async () => {
    const lid = "lid:123456789";
    await stage.db.insert(identityPairs).values({ userId: user.id, pn: "pn:+6281200000002", lid });
    await stage.db
      .insert(suppressions)
      .values({ id: newId("suppression"), userId: user.id, identity: lid, source: "keyword" });
    expect(await user.api.contacts.suppress({ phone: "+62 812 0000 0001" })).toEqual({ phoneE164: "+6281200000001" });
    await user.api.contacts.suppress({ phone: "+6281200000001" });
    const staged = await stageRows([ayu, bima, ["Citra", "+6281200000003", "yes"]]);
    expect(staged.counts).toEqual(allCounts({ valid: 1, opted_out: 2 }));
    expect(staged.rows[0]).toMatchObject({
      verdict: "opted_out",
      value: "+6281200000001",
      reason: expect.stringMatching(/START/),
    });
    const shown = await user.api.contacts.suppressed();
    expect(shown.rows.map((row) => [row.identity, row.source])).toEqual([
      ["pn:+6281200000001", "manual"],
      [lid, "keyword"],
    ]);
  });

  test("counts no longer as somebody to send to, and is no sample", async () => {
    const { contactListId: id } = await commit((await stageRows([ayu, bima])).id);
    await user.api.contacts.suppress({ phone: "+6281200000001" });
    expect(await user.api.contacts.list({ id })).toMatchObject({ total: 2, sendable: 1 });
    expect(await user.api.contacts.sampleRows({ listId: id, count: 3 })).toMatchObject([{ name: "Bima" }]);
    expect((await user.api.contacts.page({ listId: id })).rows.map((row) => row.optedOut)).toEqual([true, false]);
    await expect(user.api.contacts.suppress({ phone: "0812" })).rejects.toEqual(refused("invalid_input"));
  });
});

describe("the rejected rows", () => {
  test("come as a CSV that is mended and uploaded again, and runs nothing in a spreadsheet", async () => {
    const csv =
      'name,phone_e164,consent,note\n=HYPERLINK("x"),0812,yes,"a ""b"", c"\nBima,+6281200000002,,-1\nCitra,+6281200000003,yes,';
    const { id } = await user.api.imports.stage(upload(csv, "people.csv"));
    let text = "";
    for await (const chunk of rejectedRowsCsv(stage.db, user.id, id)) text += chunk;
    expect(text.split("\r\n").slice(0, 3)).toEqual([
      '\uFEFF"name","phone_e164","consent","note","import_row","import_column","import_reason"',
      expect.stringMatching(
        /^"'=HYPERLINK\(""x""\)","0812","yes","a ""b"", c","2","phone_e164","This number is too short/,
      ),
      expect.stringMatching(/^"Bima","'\+6281200000002","","'-1","3","consent","Consent is blank/),
    ]);
    const mended = text
      .replace('"0812"', `"'+6281200000001"`)
      .replace('"\'+6281200000002",""', `"'+6281200000002","yes"`);
    const again = await user.api.imports.stage(upload(mended, "mended.csv"));
    expect(again).toMatchObject({ columns: ["note"], counts: allCounts({ valid: 2 }) });
    expect(again.rows.map((row) => [row.name, row.attributes.note])).toEqual([
      ['=HYPERLINK("x")', 'a "b", c'],
      ["Bima", "-1"],
    ]);
  });
});

describe("what belongs to one user", () => {
  test("is not there for another", async () => {
    const other = (await stage.signUp()).api;
    const { id: importId } = await stageRows([ayu]);
    const { contactListId: listId } = await commit((await stageRows([bima])).id);
    const asks = [
      () => other.contacts.preview({ importId }),
      () => commit(importId, other),
      () => other.contacts.discard({ importId }),
      () => other.contacts.list({ id: listId }),
      () => other.contacts.page({ listId }),
      () => other.contacts.sampleRows({ listId, count: 3 }),
      () => stageRows([ayu], { contactListId: listId }, other),
    ];
    for (const ask of asks) await expect(ask()).rejects.toEqual(refused("not_found"));
    const csv = rejectedRowsCsv(stage.db, (await stage.signUp()).id, importId);
    await expect(csv.next()).rejects.toMatchObject({ code: "not_found" });
    expect(await other.contacts.lists()).toEqual([]);
    expect(await user.api.imports.preview({ importId })).toMatchObject({ status: "staged" });
  });
});
