import { and, asc, eq, gt, isNotNull, notInArray, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importRows } from "#db/schema/index.ts";
import { CSV_BOM, csvLine, guarded } from "../csv.ts";
import { withUser } from "../users/with-user.ts";
import { textWorkbook } from "../xlsx.ts";
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
  const columns = (header.value[0] ?? []).map((title) => ({ title: sheetText(title), width: 20 }));
  yield* textWorkbook("Rejected rows", columns, textsOf(pieces));
}

async function* textsOf(pieces: AsyncIterable<Line[]>): AsyncGenerator<string[][]> {
  for await (const lines of pieces) yield lines.map((line) => line.map(sheetText));
}
