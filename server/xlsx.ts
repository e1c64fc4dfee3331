import { PassThrough } from "node:stream";
import { guarded } from "./csv.ts";

export interface SheetColumn {
  title: string;
  /** In characters. */
  width: number;
}

// Above what the writer makes of one piece of rows, so that it never has to wait while it is read in between.
const ROOM_BYTES = 4_194_304;

/**
 * A workbook of one sheet whose cells are all texts, under a row of titles that stays in sight. It is made as fast as it is
 * taken: a slow download holds one piece of rows.
 * @param pieces rows, some at a time
 */
export async function* textWorkbook(
  name: string,
  columns: readonly SheetColumn[],
  pieces: AsyncIterable<readonly (readonly string[])[]>,
): AsyncGenerator<Uint8Array> {
  // Loaded when it is needed, which is seldom.
  const { default: ExcelJS } = await import("exceljs");
  const out = new PassThrough({ highWaterMark: ROOM_BYTES });
  // Whoever goes away early closes it under the writer.
  out.on("error", () => {});
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({ stream: out, useStyles: true });
  const sheet = book.addWorksheet(name, { views: [{ state: "frozen", ySplit: 1 }] });
  sheet.columns = columns.map(({ width }) => ({ width, style: { numFmt: "@" } }));
  try {
    const titles = sheet.addRow(columns.map(({ title }) => title));
    titles.font = { bold: true };
    titles.commit();
    for await (const rows of pieces) {
      for (const row of rows) sheet.addRow(row).commit();
      const made: unknown = out.read();
      if (made instanceof Uint8Array) yield made;
    }
    const written = book.commit();
    written.catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))));
    for await (const piece of out) yield piece;
    await written;
  } finally {
    out.destroy();
  }
}

const PHONE = /^\+\d+$/;

/** A text as a cell. A number keeps its bare "+": the cell is a text, which a spreadsheet would run only when it is saved as CSV. */
export const sheetText = (text: string): string => (PHONE.test(text) ? text : guarded(text));
