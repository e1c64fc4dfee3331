import ExcelJS from "exceljs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { listCsv } from "#server/contacts/export.ts";
import { rejectedCsv, rejectedXlsx } from "#server/imports/rejected.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";
import { allCounts, ayu, bima, bring, upload } from "./import-steps.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

async function whole(pieces: AsyncGenerator<string | Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}

const CSV =
  'note,phone_e164,name,consent\n"a ""b"", c",0812,=HYPERLINK("x"),yes\n-1,+6281200000002,Bima,\n,+6281200000003,Citra,yes';

describe("the rejected rows", () => {
  test("come as a CSV in the form of the upload, run nothing in a spreadsheet, and come back mended", async () => {
    const { id } = await user.api.imports.stage(upload(CSV, "people.csv"));
    const text = String(await whole(rejectedCsv(stage.db, user.id, id)));
    expect(text.split("\r\n").slice(0, 3)).toEqual([
      '\uFEFF"note","phone_e164","name","consent","import_row","import_column","import_reason"',
      expect.stringMatching(
        /^"a ""b"", c","0812","'=HYPERLINK\(""x""\)","yes","2","phone_e164","This number is too short/,
      ),
      expect.stringMatching(/^"'-1","'\+6281200000002","Bima","","3","consent","Consent is blank/),
    ]);
    const mended = text
      .replace('"0812"', `"'+6281200000001"`)
      .replace('"\'+6281200000002","Bima",""', `"'+6281200000002","Bima","yes"`);
    const again = await user.api.imports.stage(upload(mended, "mended.csv"));
    expect(again).toMatchObject({ status: "staged", columns: ["note"], counts: allCounts({ valid: 2 }) });
    expect(again.rows.map(({ name, cells }) => [name, cells[0]])).toEqual([
      ['=HYPERLINK("x")', 'a "b", c'],
      ["Bima", "-1"],
    ]);
  });

  test("come as a workbook of texts, and come back mended", async () => {
    const { id } = await user.api.imports.stage(upload(CSV, "people.csv"));
    const book = new ExcelJS.Workbook();
    const bytes = await whole(rejectedXlsx(stage.db, user.id, id));
    await book.xlsx.load(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const sheet = book.worksheets[0];
    expect(sheet?.views).toMatchObject([{ state: "frozen", ySplit: 1 }]);
    expect(sheet?.getRow(1).getCell(1).font).toMatchObject({ bold: true });
    expect(sheet?.getRow(1).values).toEqual([
      undefined,
      "note",
      "phone_e164",
      "name",
      "consent",
      "import_row",
      "import_column",
      "import_reason",
    ]);
    expect([1, 2, 3, 5].map((at) => sheet?.getRow(2).getCell(at).value)).toEqual([
      'a "b", c',
      "0812",
      `'=HYPERLINK("x")`,
      "2",
    ]);
    expect(sheet?.getRow(3).getCell(2).value).toBe("+6281200000002");
    sheet?.eachRow((row) => row.eachCell((cell) => expect(cell.type).toBe(ExcelJS.ValueType.String)));
    if (sheet) sheet.getRow(3).getCell(4).value = "yes";
    const again = await user.api.imports.stage(upload(new Uint8Array(await book.xlsx.writeBuffer()), "mended.xlsx"));
    expect(again).toMatchObject({ status: "staged", counts: allCounts({ valid: 1, invalid: 1 }) });
    // What is rejected a second time has the three columns once.
    const twice = String(await whole(rejectedCsv(stage.db, user.id, again.id)));
    expect(twice.split("\r\n")[0]?.match(/import_row/g)).toHaveLength(1);
  });

  test("are nobody else's", async () => {
    const { id } = await user.api.imports.stage(upload(CSV, "people.csv"));
    const other = (await stage.signUp()).id;
    await expect(rejectedCsv(stage.db, other, id).next()).rejects.toMatchObject({ code: "not_found" });
    await expect(rejectedXlsx(stage.db, other, id).next()).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a list", () => {
  test("is downloaded in the form that an import takes, opt-outs with it", async () => {
    const header = ["name", "phone_e164", "consent", "city"];
    const { contactListId } = await bring(
      user.api,
      [
        [...ayu, "Bogor"],
        [...bima, ""],
      ],
      {},
      header,
    );
    await user.api.contacts.suppress({ phone: bima[1] });
    const text = String(await whole(listCsv(stage.db, user.id, contactListId)));
    expect(text.split("\r\n")).toEqual([
      '\uFEFF"name","phone_e164","consent","tags","city","opted_out"',
      '"Ayu","\'+6281200000001","yes","","Bogor","no"',
      '"Bima","\'+6281200000002","yes","","","yes"',
      "",
    ]);
    const elsewhere = await stage.signUp();
    const staged = await elsewhere.api.imports.stage(upload(text, "list.csv"));
    expect(staged.counts).toEqual(allCounts({ valid: 1, opted_out: 1 }));
    await expect(listCsv(stage.db, elsewhere.id, contactListId).next()).rejects.toMatchObject({ code: "not_found" });
  });
});
