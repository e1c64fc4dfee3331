import { eq } from "drizzle-orm";
import ExcelJS from "exceljs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { importRows } from "#db/schema/index.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";
import { allCounts, commit, refused, upload } from "./import-steps.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

const INDONESIAN = "Nama;No HP;Setuju;Kelas\nAyu;081200000001;ya;3A\nBima;081200000002;;3B\nCitra;+6281200000003;ya;3C";

test("A header in other words waits until a person has said what its columns are", async () => {
  const staged = await user.api.imports.stage(upload(INDONESIAN, "kelas.csv"));
  expect(staged).toMatchObject({
    status: "mapping",
    delimiter: ";",
    titles: ["Nama", "No HP", "Setuju", "Kelas"],
    suggestion: {
      mapping: { name: 0, phone: 1, consent: 2, attributes: [{ at: 3, name: "kelas" }] },
      ambiguous: [],
      problems: [],
    },
    mapping: null,
    counts: allCounts({}),
    total: 3,
    samples: [["Ayu", "081200000001", "ya", "3A"], ["Bima", "081200000002", "", "3B"], expect.anything()],
  });
  expect(staged.rows[0]).toMatchObject({ cells: ["Ayu", "081200000001", "ya", "3A"], verdict: null, reason: null });
  await expect(commit(user.api, staged.id)).rejects.toEqual(refused("wrong_state"));

  const { mapping } = staged.suggestion;
  const abroad = await user.api.imports.map({ importId: staged.id, mapping });
  expect(abroad).toMatchObject({ status: "staged", counts: allCounts({ valid: 1, invalid: 2 }), columns: ["kelas"] });
  const mapped = await user.api.imports.map({ importId: staged.id, mapping, country: "ID" });
  expect(mapped).toMatchObject({ country: "ID", counts: allCounts({ valid: 2, no_consent: 1 }) });
  expect(mapped.rows[0]).toMatchObject({
    name: "Ayu",
    phone: "081200000001",
    phoneE164: "+6281200000001",
    note: expect.stringContaining("+62 (Indonesia)"),
  });
  const done = await commit(user.api, staged.id);
  expect(done).toMatchObject({ added: 2 });
  const { rows } = await user.api.contacts.page({ listId: done.contactListId });
  expect(rows.map(({ phoneE164, attributes }) => [phoneE164, attributes])).toEqual([
    ["+6281200000001", { kelas: "3A" }],
    ["+6281200000003", { kelas: "3C" }],
  ]);
});

test("A country that was given with the file is used at once, and no longer when it is taken back", async () => {
  const csv = "name,phone_e164,consent\nAyu,0812 0000 0001,yes\nBima,0812-0000-0001,yes";
  const staged = await user.api.imports.stage(upload(csv, "a.csv", { country: "ID" }));
  expect(staged).toMatchObject({ status: "staged", country: "ID", counts: allCounts({ valid: 1, duplicate: 1 }) });
  const { mapping } = staged;
  if (!mapping) throw new Error("an exact header is mapped");
  const without = await user.api.imports.map({ importId: staged.id, mapping, country: null });
  expect(without).toMatchObject({ country: null, counts: allCounts({ invalid: 2 }) });
});

test("Columns can be changed until the commit: each row is judged anew by them", async () => {
  const csv = "name,phone_e164,consent,other\nAyu,+6281200000001,yes,+6281200000009\nBima,+6281200000002,yes,";
  const staged = await user.api.imports.stage(upload(csv, "a.csv"));
  expect(staged.counts).toEqual(allCounts({ valid: 2 }));
  const mapping = { name: 0, phone: 3, consent: 2, attributes: [] };
  const other = await user.api.imports.map({ importId: staged.id, mapping });
  expect(other).toMatchObject({ counts: allCounts({ valid: 1, invalid: 1 }), columns: [] });
  expect(other.rows[0]).toMatchObject({ phoneE164: "+6281200000009" });
  expect(await commit(user.api, staged.id)).toMatchObject({ added: 1 });
  await expect(user.api.imports.map({ importId: staged.id, mapping })).rejects.toEqual(refused("wrong_state"));
});

test.each([
  ["one column for two things", { name: 0, phone: 0, consent: 2, attributes: [] }],
  [
    "two variables of one name",
    { name: 0, phone: 1, consent: 2, attributes: ["a", "a"].map((name, at) => ({ at: at + 3, name })) },
  ],
  [
    "a variable that stands for the person's name",
    { name: 0, phone: 1, consent: 2, attributes: [{ at: 3, name: "name" }] },
  ],
])("A mapping with %s is refused", async (_, mapping) => {
  const { id: importId } = await user.api.imports.stage(upload(INDONESIAN, "kelas.csv"));
  await expect(user.api.imports.map({ importId, mapping })).rejects.toThrow(/already|Two columns/);
  expect(await user.api.imports.preview({ importId })).toMatchObject({ status: "mapping" });
});

test("Another sheet of the workbook is read from the kept file, and mapping starts anew", async () => {
  const book = new ExcelJS.Workbook();
  book.addWorksheet("Old").addRows([
    ["name", "phone_e164", "consent"],
    ["Ayu", "+6281200000001", "yes"],
  ]);
  book.addWorksheet("New").addRows([
    ["Nama", "WA", "Izin"],
    ["Bima", "+6281200000002", "ya"],
    ["Citra", "+6281200000003", "ya"],
  ]);
  const staged = await user.api.imports.stage(upload(new Uint8Array(await book.xlsx.writeBuffer()), "book.xlsx"));
  expect(staged).toMatchObject({ status: "staged", sheets: ["Old", "New"], delimiter: null, total: 1 });
  const again = await user.api.imports.read({ importId: staged.id, sheet: "New" });
  expect(again).toMatchObject({
    status: "mapping",
    mapping: null,
    titles: ["Nama", "WA", "Izin"],
    total: 2,
    readOptions: { sheet: "New" },
    counts: allCounts({}),
  });
  expect(await stage.db.$count(importRows, eq(importRows.importId, staged.id))).toBe(2);
  await expect(user.api.imports.read({ importId: staged.id, sheet: "Nowhere" })).rejects.toEqual(
    refused("unreadable_file"),
  );
  expect(await user.api.imports.preview({ importId: staged.id })).toMatchObject({ status: "mapping", total: 2 });
});
