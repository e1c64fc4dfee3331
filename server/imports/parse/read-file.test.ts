import ExcelJS from "exceljs";
import { beforeAll, describe, expect, test } from "vitest";
import { rawWorkbook, sheetXml, zipOf } from "#tests/fixtures/imports/archive.ts";
import { builtParser } from "#tests/imports/built-parser.ts";
import type { Cell } from "./cells.ts";
import { type Allowance, readFile } from "./read-file.ts";
import type { FileFacts, ReadOptions } from "./rows.ts";

let parser: Allowance;
beforeAll(async () => {
  parser = await builtParser();
});

interface Read extends FileFacts {
  rows: [rowNo: number, ...cells: Cell[]][];
}

async function read(bytes: Uint8Array | string, options: ReadOptions = {}): Promise<Read> {
  const all: Read = { readAs: null, sheets: [], delimiter: null, rows: [] };
  for await (const part of readFile(typeof bytes === "string" ? Buffer.from(bytes) : bytes, options, parser)) {
    if ("file" in part) Object.assign(all, part.file);
    else all.rows.push(...part.rows.map(({ rowNo, cells }): Read["rows"][number] => [rowNo, ...cells]));
  }
  return all;
}

const refusal = (bytes: Uint8Array | string, options: ReadOptions = {}) =>
  read(bytes, options).then(
    () => "read",
    (error: Error) => error.message,
  );

const plain: Read["rows"] = [
  [1, "name", "phone_e164", "consent"],
  [2, "Ayu", "+6281200000012", "yes"],
];

async function workbook(fill: (book: ExcelJS.Workbook) => void): Promise<Buffer> {
  const book = new ExcelJS.Workbook();
  fill(book);
  return Buffer.from(await book.xlsx.writeBuffer());
}

describe("a text file", () => {
  test.each([
    ["commas", "name,phone_e164,consent\nAyu,+6281200000012,yes\n"],
    ["semicolons", "name;phone_e164;consent\nAyu;+6281200000012;yes\n"],
    ["tabs", "name\tphone_e164\tconsent\nAyu\t+6281200000012\tyes\n"],
    ["bars", "name|phone_e164|consent\nAyu|+6281200000012|yes\n"],
    ["a byte-order mark", "\uFEFFname,phone_e164,consent\nAyu,+6281200000012,yes"],
    ["CR alone", "name,phone_e164,consent\rAyu,+6281200000012,yes\r"],
    ["CR LF and quotes", '"name","phone_e164","consent"\r\n"Ayu","+6281200000012","yes"\r\n'],
    ["blank lines at its end", "name,phone_e164,consent\nAyu,+6281200000012,yes\n\n,,\n"],
  ])("with %s is read", async (_, text) => {
    expect(await read(text)).toMatchObject({ readAs: null, sheets: [], rows: plain });
  });

  test("keeps a line break within quotes, and numbers rows as a spreadsheet does", async () => {
    const text = 'name,phone_e164,consent\r\n"Ayu\r\nLestari",1,yes\r\n\r\nBima,2,no';
    expect((await read(text)).rows.slice(1)).toEqual([
      [2, "Ayu\nLestari", "1", "yes"],
      [4, "Bima", "2", "no"],
    ]);
  });

  test("with mixed line ends loses no row", async () => {
    expect((await read("name,phone_e164,consent\r\na,1,y\nb,2,y\rc,3,y\r\n")).rows.map(([rowNo]) => rowNo)).toEqual([
      1, 2, 3, 4,
    ]);
  });

  test.each([
    ["with its mark", "utf16le", "\uFEFF"],
    ["without", "utf16le", ""],
  ] as const)("in UTF-16 %s is read", async (_, encoding, mark) => {
    const text = `${mark}name,phone_e164,consent\nAyu,+6281200000012,yes`;
    expect(await read(Buffer.from(text, encoding))).toMatchObject({ readAs: "UTF-16", rows: plain });
    expect(await read(Buffer.from(text, encoding).swap16())).toMatchObject({ readAs: "UTF-16", rows: plain });
  });

  test("in Windows-1252 keeps its letters, and says how it was read", async () => {
    const { readAs, rows } = await read(Buffer.from("name,phone_e164,consent\nRené,1,yes", "latin1"));
    expect({ readAs, row: rows[1] }).toEqual({ readAs: "Windows-1252", row: [2, "René", "1", "yes"] });
  });

  test("obeys Excel's own hint about its delimiter", async () => {
    expect((await read("sep=;\nname;phone_e164;consent\na,b;1;yes")).rows[1]).toEqual([3, "a,b", "1", "yes"]);
  });

  test.each([
    [",", "Ayu;1;yes"],
    [";", "Ayu,1,yes"],
    ["\t", "Ayu,1,yes"],
    ["|", "Ayu,1,yes"],
  ])("is read with %j when a person says so", async (delimiter, row) => {
    const text = `name${delimiter}phone_e164${delimiter}consent\n${row}${delimiter}2`;
    expect(await read(text, { delimiter })).toMatchObject({ delimiter, rows: [plain[0], [2, row, "2"]] });
    expect(await read(`sep=!\n${text}`, { delimiter })).toMatchObject({
      delimiter,
      rows: [
        [2, "name", "phone_e164", "consent"],
        [3, row, "2"],
      ],
    });
  });

  test.each([
    [
      "chosen",
      "name,phone_e164,consent\nLestari; Ayu,1,yes",
      { delimiter: ";" },
      /Read with a semicolon.*one column only: "name,phone_e164,consent"/,
    ],
    ["found out, and a first line without end", "a".repeat(10_001), {}, /Read with a comma.*Choose what separates/],
    ["that is none", "name,phone_e164,consent\na,1,yes", { delimiter: "a" }, /comma, a semicolon, a tab or a bar/],
  ])("with a separator %s that gives one column is refused", async (_, text, options, sentence) => {
    expect(await refusal(text, options)).toMatch(sentence);
  });

  test("with a separator that nobody can find out is read as one column, for a person to choose it", async () => {
    expect(await read("name:phone_e164:consent\nAyu:+6281200000012:yes")).toMatchObject({
      delimiter: ",",
      rows: [
        [1, "name:phone_e164:consent"],
        [2, "Ayu:+6281200000012:yes"],
      ],
    });
  });

  test.each([
    [
      "an open quotation mark",
      'name,phone_e164,consent\n"Ayu,+6281200000012,yes\nBima,2,yes\n',
      /row 2 a quotation mark/,
    ],
    ["more than 50 columns", `${"h,".repeat(51)}h\n`, /column 52; at most 50/],
    ["more than 100,000 rows", `name,phone_e164,consent\n${"a,1,yes\n".repeat(100_001)}`, /more than 100000 rows/],
    ["no byte at all", "", /file is empty/],
    ["a page of HTML", "<html><table><tr><td>name</td></tr></table>", /web page/],
  ])("with %s is refused in a sentence", async (_, text, sentence) => {
    expect(await refusal(text)).toMatch(sentence);
  });
});

describe("a workbook", () => {
  test("gives numbers, dates, formulas, links and formatted text as a person sees them", async () => {
    const bytes = await workbook((book) => {
      const sheet = book.addWorksheet("People");
      sheet.addRow(["name", "phone_e164", "consent", "a", "b", "c"]);
      sheet.addRow([
        { richText: [{ text: "Ayu " }, { font: { bold: true }, text: "Lestari" }] },
        6281200000012,
        true,
        new Date("2026-08-17T00:00:00Z"),
        { text: "a link", hyperlink: "https://example.org" },
        { formula: "1+1", result: 2 },
      ]);
      sheet.addRow([
        "Bima",
        { formula: 'CONCATENATE("+62","1")', result: "+621" },
        1,
        { error: "#N/A" },
        0.1 + 0.2,
        { formula: "B9" },
      ]);
    });
    expect(await read(bytes)).toEqual({
      readAs: null,
      sheets: ["People"],
      delimiter: null,
      rows: [
        [1, "name", "phone_e164", "consent", "a", "b", "c"],
        [2, "Ayu Lestari", 6281200000012, "true", "2026-08-17", "a link", 2],
        [3, "Bima", "+621", 1, "#N/A", 0.3, "#ERROR!"],
      ],
    });
  });

  test("with several sheets gives the first visible one with rows, and says which", async () => {
    const bytes = await workbook((book) => {
      book.addWorksheet("Empty");
      book.addWorksheet("Old", { state: "hidden" }).addRow(["secret"]);
      book.addWorksheet("Kelas & <3A>").addRows([["name"], [], ["Ayu"]]);
      book.addWorksheet("Later").addRow(["other"]);
    });
    expect(await read(bytes)).toEqual({
      readAs: "sheet “Kelas & <3A>”",
      sheets: ["Empty", "Kelas & <3A>", "Later"],
      delimiter: null,
      rows: [
        [1, "name"],
        [3, "Ayu"],
      ],
    });
  });

  test("is read from the sheet that a person chooses, of those they can see", async () => {
    const bytes = await workbook((book) => {
      book.addWorksheet("First").addRow(["first"]);
      book.addWorksheet("Old", { state: "hidden" }).addRow(["secret"]);
      book.addWorksheet("Second").addRow(["second"]);
      book.addWorksheet("Empty");
    });
    expect(await read(bytes, { sheet: "Second" })).toMatchObject({ readAs: "sheet “Second”", rows: [[1, "second"]] });
    for (const sheet of ["Old", "Third"])
      expect(await refusal(bytes, { sheet })).toBe(
        `The workbook has no visible sheet “${sheet}”. It has: “First”, “Second”, “Empty”.`,
      );
    expect(await refusal(bytes, { sheet: "Empty" })).toMatch(/^The sheet “Empty” is empty/);
  });

  test("tells which cells are what a formula gave", async () => {
    const cells = (row: string) => `<row>${row}</row>`;
    const bytes = rawWorkbook({
      "xl/worksheets/sheet1.xml": sheetXml(
        cells("<c><v>1</v></c><c><f>1+1</f><v>2</v></c>") +
          cells("<c t='str'><f t='shared' si='0'/><v>x</v></c><c t='str'><f>A9</f><v></v></c>") +
          cells("<c><f>A1</f></c><c><f>A1</f><v/></c>"),
      ),
    });
    const rows: unknown[] = [];
    for await (const part of readFile(bytes, {}, parser)) if ("rows" in part) rows.push(...part.rows);
    expect(rows).toEqual([
      { rowNo: 1, cells: [1, 2], formulas: [1] },
      { rowNo: 2, cells: ["x"], formulas: [0] },
      { rowNo: 3, cells: ["#ERROR!", "#ERROR!"], formulas: [0, 1] },
    ]);
  });

  test("keeps every letter of every script, wherever the file is cut into pieces", async () => {
    const name = "日本語 Łukasz 👩‍👩‍👧 ";
    const bytes = await workbook((book) => {
      const sheet = book.addWorksheet("S");
      for (let i = 0; i < 5_000; i++) sheet.addRow([`${name}${i}`]);
    });
    expect((await read(bytes)).rows.map(([, cell]) => cell)).toEqual(
      Array.from({ length: 5_000 }, (_, i) => `${name}${i}`),
    );
  });

  test("keeps a text that is formatted in pieces within the cell, without its reading aid", async () => {
    const row = (inner: string) => `<row r="1"><c r="A1" t="inlineStr"><is>${inner}</is></c></row>`;
    const sheet = (inner: string) => ({
      "xl/worksheets/sheet1.xml": `<worksheet><sheetData>${row(inner)}</sheetData></worksheet>`,
    });
    expect((await read(rawWorkbook(sheet("<r><t>Ayu </t></r><r><t>Lestari</t></r>")))).rows).toEqual([
      [1, "Ayu Lestari"],
    ]);
    const strings = "<sst><si><t>田中</t><rPh sb='0' eb='2'><t>タナカ</t></rPh></si></sst>";
    const shared = `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>`;
    const bytes = rawWorkbook({ "xl/worksheets/sheet1.xml": shared, "xl/sharedStrings.xml": strings });
    expect((await read(bytes)).rows).toEqual([[1, "田中"]]);
  });
});

describe("a file that is not what it says", () => {
  test.each([
    ["a program", Buffer.from("4d5a90000300000004000000", "hex"), /Windows program/],
    ["an old workbook", Buffer.from("d0cf11e0a1b11ae10000", "hex"), /old .xls workbook, or one with a password/],
    ["a PDF", Buffer.from("%PDF-1.7\n"), /a PDF/],
    ["a picture", Buffer.from("89504e470d0a1a0a0000", "hex"), /a picture/],
    ["bytes without sense", Buffer.from([1, 2, 3, 0, 5, 0, 0, 9, 200]), /not a text file/],
    ["a Word document", zipOf({ "word/document.xml": "<w/>" }), /Word document/],
    [
      "half a workbook",
      rawWorkbook({ "xl/worksheets/sheet1.xml": "<worksheet/>" }).subarray(0, 200),
      /damaged or incomplete/,
    ],
    ["a workbook without rows", rawWorkbook({ "xl/worksheets/sheet1.xml": "<worksheet/>" }), /workbook is empty/],
    ["broken XML", rawWorkbook({ "xl/worksheets/sheet1.xml": "<worksheet><a></b>" }), /damaged or incomplete/],
  ])("%s is refused in a sentence", async (_, bytes, sentence) => {
    expect(await refusal(bytes)).toMatch(sentence);
  });
});
