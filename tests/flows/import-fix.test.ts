import ExcelJS from "exceljs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Counts } from "#server/imports/rules.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";
import { allCounts, ayu, bima, citra, commit, refused, stageRows, upload } from "./import-steps.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

const sum = (counts: Counts) => Object.values(counts).reduce((all, n) => all + n, 0);

test("Wrong rows are mended in the preview, and brought", async () => {
  const { id: importId } = await stageRows(user.api, [ayu, ["Bima", "0812", "yes"], ["", citra[1], "yes"]]);
  const fixed = await user.api.imports.editRows({
    importId,
    rows: [
      { rowNo: 3, cells: ["Bima", "'+62 812 0000 0002", "yes"] },
      { rowNo: 4, cells: ["Ci\u0000tra ", citra[1], "yes"] },
    ],
  });
  expect(fixed.counts).toEqual(allCounts({ valid: 3 }));
  expect(fixed.rows).toMatchObject([
    { rowNo: 3, verdict: "valid", phoneE164: bima[1], reason: null },
    { rowNo: 4, verdict: "valid", name: "Citra", reason: null },
  ]);
  expect(await commit(user.api, importId)).toMatchObject({ added: 3 });
  await expect(user.api.imports.editRows({ importId, rows: [{ rowNo: 3, cells: ["x"] }] })).rejects.toEqual(
    refused("wrong_state"),
  );
});

test("An edit judges the rows of its old and its new number again", async () => {
  const staged = await stageRows(user.api, [ayu, ["Ayu B", ayu[1], "yes"], ["Ayu C", ayu[1], "yes"], bima]);
  expect(staged.counts).toEqual(allCounts({ valid: 2, duplicate: 2 }));
  const importId = staged.id;
  // The first row leaves the number: the second takes its place, the third tells of the second. It is Bima's double now.
  const moved = await user.api.imports.editRows({ importId, rows: [{ rowNo: 2, cells: ["Ayu", bima[1], "yes"] }] });
  expect(moved.rows.map(({ rowNo, verdict }) => [rowNo, verdict])).toEqual([
    [2, "valid"],
    [3, "valid"],
    [4, "duplicate"],
    [5, "duplicate"],
  ]);
  expect(moved.rows[2]?.reason).toMatch(/^Row 3 /);
  expect(sum(moved.counts)).toBe(staged.total);
  // Without a yes in a later row, nobody of that number agreed.
  const no = await user.api.imports.editRows({ importId, rows: [{ rowNo: 5, cells: ["Bima", bima[1], ""] }] });
  expect(no.rows.map(({ rowNo, verdict }) => [rowNo, verdict])).toEqual([
    [5, "no_consent"],
    [2, "no_consent"],
  ]);
  expect(no.counts).toEqual(allCounts({ valid: 1, duplicate: 1, no_consent: 2 }));
  const preview = await user.api.imports.preview({ importId });
  expect(preview.counts).toEqual(no.counts);
  expect(preview.rows.map(({ verdict }) => verdict)).toEqual(["no_consent", "valid", "duplicate", "no_consent"]);
});

test("An edit meets those who opted out and those who are contacts", async () => {
  await user.api.contacts.suppress({ phone: bima[1] });
  await commit(user.api, (await stageRows(user.api, [citra])).id);
  const { id: importId } = await stageRows(user.api, [ayu, ["B", "x", "yes"], ["C", "y", "yes"]], { listName: "New" });
  const fixed = await user.api.imports.editRows({
    importId,
    rows: [
      { rowNo: 3, cells: [...bima] },
      { rowNo: 4, cells: [...citra] },
    ],
  });
  expect(fixed.rows.map(({ verdict }) => verdict)).toEqual(["opted_out", "updated"]);
  expect(fixed.counts).toEqual(allCounts({ valid: 1, opted_out: 1, updated: 1 }));
});

test("A number that the spreadsheet kept as one stays one when another cell of its row is mended", async () => {
  const book = new ExcelJS.Workbook();
  book.addWorksheet("People").addRows([
    ["name", "phone_e164", "consent"],
    ["Ayu", 6281200000001, "maybe"],
  ]);
  const staged = await user.api.imports.stage(upload(new Uint8Array(await book.xlsx.writeBuffer()), "people.xlsx"));
  const rows = [{ rowNo: 2, cells: ["Ayu", "6281200000001", "yes"] }];
  const { counts } = await user.api.imports.editRows({ importId: staged.id, rows });
  expect(counts).toEqual(allCounts({ valid: 1 }));
});

test("A row that is not there is refused, and nothing of the edit is kept", async () => {
  const { id: importId } = await stageRows(user.api, [["Ayu", "x", "yes"]]);
  const rows = [
    { rowNo: 2, cells: [...ayu] },
    { rowNo: 9, cells: [...bima] },
  ];
  await expect(user.api.imports.editRows({ importId, rows })).rejects.toEqual(refused("not_found"));
  expect(await user.api.imports.preview({ importId })).toMatchObject({ counts: allCounts({ invalid: 1 }) });
});
