import { PassThrough } from "node:stream";
import { and, asc, eq, gt, isNotNull, notInArray, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importRows } from "#db/schema/index.ts";
import { CSV_BOM, csvLine, guarded } from "../csv.ts";
import { withUser } from "../users/with-user.ts";
import { attributeName, REPORT_COLUMNS } from "./parse/titles.ts";
import { findImport } from "./queries.ts";

const ROWS_A_CHUNK = 1_000;
type Line = (string | number)[];

/**
 * Every row that brought nobody, in the form of the upload with the reason beside it: to be mended and uploaded again. The
 * first piece is the header. Read in pieces of 1,000, each in a transaction of its own: a slow download holds none open.
 * @throws DomainError not_found
 */
async function* rejectedRows(db: Db, userId: Id<"user">, importId: Id<"import">): AsyncGenerator<Line[]> {
  const ofImport = and(
    eq(importRows.importId, importId),
    eq(importRows.userId, userId),
    notInArray(importRows.verdict, ["valid", "updated", "unchanged"]),
    isNotNull(importRows.cells),
  );
  const { titles, width } = await withUser(db, userId, async (tx) => {
    const found = await findImport(tx, userId, importId);
    const [widest] = await tx
      .select({ cells: sql<number>`coalesce(max(jsonb_array_length(${importRows.cells})), 0)::int` })
      .from(importRows)
      .where(ofImport);
    return { titles: found.titles, width: Math.max(found.titles.length, widest?.cells ?? 0) };
  });
  // Columns that an earlier list of rejected rows added are written anew.
  const columns = Array.from({ length: width }, (_, at) => at).filter((at) => {
    const plain = attributeName(titles[at] ?? "");
    return REPORT_COLUMNS.every((column) => column !== plain);
  });
  yield [[...columns.map((at) => titles[at] ?? ""), ...REPORT_COLUMNS]];
  for (let after = 0; ; ) {
    const from = after;
    const rows = await withUser(db, userId, (tx) =>
      tx
        .select()
        .from(importRows)
        .where(and(ofImport, gt(importRows.rowNo, from)))
        .orderBy(asc(importRows.rowNo))
        .limit(ROWS_A_CHUNK),
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(({ cells, rowNo, column, reason }) => [
      ...columns.map((at) => cells?.[at] ?? ""),
      rowNo,
      column ?? "",
      reason ?? "",
    ]);
    after = last.rowNo;
  }
}

/** The rejected rows as CSV. @throws DomainError not_found, before the first piece */
export async function* rejectedCsv(db: Db, userId: Id<"user">, importId: Id<"import">): AsyncGenerator<string> {
  let start = CSV_BOM;
  for await (const lines of rejectedRows(db, userId, importId)) {
    yield start + lines.map(csvLine).join("");
    start = "";
  }
}

const PLAIN_NUMBER = /^[+-]?[\d\s().]+$/;
/** A phone number keeps its bare "+": the cell is a text already, which a spreadsheet runs only when it is saved as CSV. */
const sheetText = (value: string | number) =>
  PLAIN_NUMBER.test(String(value)) ? String(value) : guarded(String(value));

/** The rejected rows as a workbook whose cells are all texts. @throws DomainError not_found, before the first piece */
export async function* rejectedXlsx(db: Db, userId: Id<"user">, importId: Id<"import">): AsyncGenerator<Uint8Array> {
  const pieces = rejectedRows(db, userId, importId);
  const header = await pieces.next();
  if (header.done) return;
  // Loaded when it is needed, which is seldom.
  const { default: ExcelJS } = await import("exceljs");
  const out = new PassThrough();
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({ stream: out, useStyles: true });
  const sheet = book.addWorksheet("Rejected rows");
  const width = header.value[0]?.length ?? 0;
  sheet.columns = Array.from({ length: width }, () => ({ width: 20, style: { numFmt: "@" } }));
  const writing = (async () => {
    for (const line of header.value) sheet.addRow(line.map(sheetText)).commit();
    for await (const lines of pieces) for (const line of lines) sheet.addRow(line.map(sheetText)).commit();
    await book.commit();
  })();
  writing.catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))));
  for await (const piece of out) yield piece;
  await writing;
}
