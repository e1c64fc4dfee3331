import { and, asc, eq, gt, ne, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importRows, imports } from "#db/schema/index.ts";
import { CSV_BOM, csvLine } from "../csv.ts";
import { DomainError, refusals } from "../errors.ts";
import { withUser } from "../users/with-user.ts";
import { REPORT_COLUMNS } from "./parse/headers.ts";
import { type Counts, emptyCounts } from "./rules.ts";
import type { PreviewInput } from "./schema.ts";

const ROWS_A_PAGE = 100;
const ROWS_A_CHUNK = 1_000;

/** A staged, committed or discarded import and one page of its rows, in the order of the file. */
export async function importPreview(tx: Db, userId: Id<"user">, input: PreviewInput) {
  const found = await findImport(tx, userId, input.importId);
  const rows = await tx
    .select({
      rowNo: importRows.rowNo,
      name: importRows.name,
      phone: importRows.phone,
      phoneE164: importRows.phoneE164,
      consent: importRows.consent,
      attributes: importRows.attributes,
      verdict: importRows.verdict,
      column: importRows.column,
      value: importRows.value,
      reason: importRows.reason,
    })
    .from(importRows)
    .where(
      and(
        eq(importRows.importId, input.importId),
        eq(importRows.userId, userId),
        gt(importRows.rowNo, input.cursor ?? 0),
        input.verdict ? eq(importRows.verdict, input.verdict) : undefined,
      ),
    )
    .orderBy(asc(importRows.rowNo))
    .limit(ROWS_A_PAGE + 1);
  const page = rows.slice(0, ROWS_A_PAGE);
  const counts: Counts = { ...emptyCounts(), ...found.counts };
  return {
    id: found.id,
    fileName: found.fileName,
    status: found.status,
    contactListId: found.contactListId,
    listName: found.listName,
    /** Attribute names: what a template may use beside the name. */
    columns: found.columns,
    total: found.rows,
    counts,
    /** Why nothing of this file can be kept; null when something can. */
    error: counts.valid === 0 ? refusals.no_usable_rows.message() : null,
    createdAt: found.createdAt,
    committedAt: found.committedAt,
    rows: page,
    nextCursor: rows.length > ROWS_A_PAGE ? (page.at(-1)?.rowNo ?? null) : null,
  };
}

export type ImportPreview = Awaited<ReturnType<typeof importPreview>>;

/**
 * Every row that was not kept, in the form of the upload with the reason beside it: to be mended and uploaded again.
 * Read in pieces of 1,000, each in a transaction of its own: a slow download holds none open.
 * @throws DomainError not_found
 */
export async function* rejectedRowsCsv(db: Db, userId: Id<"user">, importId: Id<"import">): AsyncGenerator<string> {
  const { columns } = await withUser(db, userId, (tx) => findImport(tx, userId, importId));
  yield CSV_BOM + csvLine(["name", "phone_e164", "consent", ...columns, ...REPORT_COLUMNS]);
  for (let after = 0; ; ) {
    const from = after;
    const rows = await withUser(db, userId, (tx) =>
      tx
        .select()
        .from(importRows)
        .where(
          and(
            eq(importRows.importId, importId),
            eq(importRows.userId, userId),
            ne(importRows.verdict, "valid"),
            gt(importRows.rowNo, from),
          ),
        )
        .orderBy(asc(importRows.rowNo))
        .limit(ROWS_A_CHUNK),
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows
      .map((row) => {
        const attributes = columns.map((column) => row.attributes[column] ?? "");
        return csvLine([row.name, row.phone, row.consent, ...attributes, row.rowNo, row.column, row.reason]);
      })
      .join("");
    after = last.rowNo;
  }
}

/** Imports that wait for a decision, newest first. */
export function stagedImports(tx: Db, userId: Id<"user">) {
  return tx
    .select({
      id: imports.id,
      fileName: imports.fileName,
      listName: imports.listName,
      total: imports.rows,
      createdAt: imports.createdAt,
    })
    .from(imports)
    .where(and(eq(imports.userId, userId), eq(imports.status, "staged")))
    .orderBy(sql`${imports.id} desc`)
    .limit(20);
}

async function findImport(tx: Db, userId: Id<"user">, importId: Id<"import">) {
  const [found] = await tx
    .select()
    .from(imports)
    .where(and(eq(imports.id, importId), eq(imports.userId, userId)));
  if (!found) throw new DomainError("not_found");
  return found;
}
