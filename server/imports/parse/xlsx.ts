import { Readable } from "node:stream";
import ExcelJS from "exceljs";
import type { RawRow } from "../rules.ts";
import type { Cell } from "./headers.ts";
import { damagedFile, FileRefused } from "./refused.ts";
import { checkWorkbook } from "./xlsx-parts.ts";

/** Rows of the first visible sheet that has any, and what that sheet is called when it is not the only one. */
export interface SheetRows {
  readAs: string | null;
  rows: AsyncIterable<RawRow>;
}

/** Reads a workbook as a stream. @throws FileRefused, also while rows are read */
export async function readXlsx(bytes: Buffer, maxColumns: number): Promise<SheetRows> {
  const { archive, sheets } = checkWorkbook(bytes);
  const reader = new ExcelJS.stream.xlsx.WorkbookReader(Readable.from(inPieces(archive), { objectMode: false }), {
    worksheets: "emit",
    sharedStrings: "cache",
    styles: "cache",
    hyperlinks: "ignore",
    entries: "ignore",
  });
  const books = reader[Symbol.asyncIterator]();
  for (const name of sheets) {
    const sheet = await books.next();
    if (sheet.done) throw damagedFile();
    const rows = rowsOf(sheet.value, maxColumns);
    const first = await rows.next();
    if (!first.done)
      return { readAs: sheets.length > 1 ? `sheet “${name}”` : null, rows: withFirst(first.value, rows) };
  }
  throw new FileRefused("The workbook is empty. Its first row must be: name, phone_e164, consent.");
}

// The stream never ends: at its end exceljs forgets the parts it has not come to yet, which of a small file are all.
async function* inPieces(archive: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < archive.length; at += 1 << 16) yield archive.subarray(at, at + (1 << 16));
  await new Promise(() => {});
}

async function* withFirst(first: RawRow, rest: AsyncIterable<RawRow>): AsyncGenerator<RawRow> {
  yield first;
  yield* rest;
}

async function* rowsOf(sheet: AsyncIterable<ExcelJS.Row>, maxColumns: number): AsyncGenerator<RawRow> {
  let previous = 0;
  for await (const row of sheet) {
    const rowNo = Number.isSafeInteger(row.number) ? row.number : previous + 1;
    previous = rowNo;
    const cells: Cell[] = [];
    row.eachCell((cell, column) => {
      const value = cellOf(cell.value);
      if (value === "") return;
      if (column > maxColumns)
        throw new FileRefused(`Row ${rowNo} has a cell in column ${column}; at most ${maxColumns} columns are read.`);
      while (cells.length < column - 1) cells.push("");
      cells.push(value);
    });
    if (cells.length > 0) yield { rowNo, cells };
  }
}

/** The text that Excel shows for a cell, as far as it says something; a number only where the cell holds a number. */
export function cellOf(value: ExcelJS.CellValue | undefined): Cell {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? Number(value.toPrecision(15)) : "#ERROR!";
  if (typeof value === "boolean") return String(value);
  if (value instanceof Date) return dateText(value);
  if ("richText" in value) return value.richText.map((run) => run.text ?? "").join("");
  if ("error" in value) return value.error;
  if ("formula" in value || "sharedFormula" in value)
    return value.result === undefined ? "#ERROR!" : cellOf(value.result);
  if ("text" in value) return cellOf(value.text);
  return "";
}

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return "#ERROR!";
  const iso = date.toISOString();
  return iso.endsWith("T00:00:00.000Z") ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}
