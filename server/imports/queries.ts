import { and, asc, desc, eq, gt, isNotNull, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importRows, imports } from "#db/schema/index.ts";
import { DomainError, refusals } from "../errors.ts";
import { madeBy } from "./batch/people.ts";
import type { Cell } from "./parse/cells.ts";
import { suggestMapping } from "./parse/suggest-mapping.ts";
import { type Counts, columnAt, emptyCounts, type Verdict } from "./rules.ts";
import type { PreviewInput } from "./schema.ts";
import { countWithdrawals, saysNo } from "./settle.ts";

export type Import = typeof imports.$inferSelect;
type ImportRow = typeof importRows.$inferSelect;

const ROWS_A_PAGE = 100;
const SAMPLES = 20;
const LISTED = 20;

/** A row as it is shown. */
export interface PreviewRow {
  rowNo: number;
  cells: string[];
  name: string;
  phone: string;
  phoneE164: string | null;
  consent: string;
  /** Null as long as nobody said what the columns are. */
  verdict: Verdict | null;
  /** Title of the column that is wrong, what stands there, and why; and what was assumed though the row is good. */
  column: string | null;
  value: string | null;
  reason: string | null;
  note: string | null;
}

/** An import of this user. @throws DomainError not_found */
export async function findImport(
  tx: Db,
  userId: Id<"user">,
  importId: Id<"import">,
  { lock = false }: { lock?: boolean } = {},
): Promise<Import> {
  const query = tx
    .select()
    .from(imports)
    .where(and(eq(imports.id, importId), eq(imports.userId, userId)));
  const [found] = await (lock ? query.for("update") : query);
  if (!found) throw new DomainError("not_found");
  return found;
}

/** An import, how its file was read, and one page of its rows in the order of the file. @throws DomainError not_found */
export async function importPreview(tx: Db, userId: Id<"user">, input: PreviewInput) {
  const found = await findImport(tx, userId, input.importId);
  const { status, titles, mapping } = found;
  const judged = mapping !== null;
  const rows = await tx
    .select()
    .from(importRows)
    .where(
      and(
        eq(importRows.importId, found.id),
        eq(importRows.userId, userId),
        gt(importRows.rowNo, input.cursor ?? 0),
        // A read that ended just now would show rows of a file that is not judged. What is left of a row for the undo is not
        // shown either.
        status === "reading" ? sql`false` : undefined,
        isNotNull(importRows.cells),
        input.verdict && judged ? eq(importRows.verdict, input.verdict) : undefined,
      ),
    )
    .orderBy(asc(importRows.rowNo))
    .limit(ROWS_A_PAGE + 1);
  const page = rows.slice(0, ROWS_A_PAGE);
  const firstRows = await firstCells(tx, found.id);
  const counts: Counts = { ...emptyCounts(), ...found.counts };
  const usable = counts.valid + counts.updated + counts.unchanged;
  // Only rows that are refused take consent back: a file without any is not gone through for them.
  const withdraws = judged && counts.no_consent + counts.invalid > 0 ? await countWithdrawals(tx, userId, found) : 0;
  const withdrawn = withdraws > 0 ? await withdrawnOn(tx, found, page) : new Set<number>();
  const ends = status === "staged" ? "They agreed before: with the import that ends." : "They had agreed: that ended.";
  return {
    id: found.id,
    fileName: found.fileName,
    /** How the file was read, in words, when that is worth saying ("Windows-1252"). */
    readAs: found.readAs,
    status,
    /** Why the file cannot be read, or why nothing of it can be kept. */
    error:
      found.error ??
      (status === "staged" && usable + withdraws + counts.opted_out === 0 ? refusals.no_usable_rows.message() : null),
    sheets: found.sheets,
    readOptions: found.readOptions,
    delimiter: found.readOptions.delimiter ?? null,
    titles,
    samples: firstRows.slice(0, 3).map((cells) => cells.map(String)),
    suggestion: suggestMapping(titles, firstRows),
    mapping,
    country: found.country,
    contactListId: found.contactListId,
    listName: found.listName,
    sameFile: await sameFile(tx, userId, found),
    /** Attribute names: what a template may use beside the name. */
    columns: found.columns,
    total: status === "reading" ? 0 : found.rows,
    readSoFar: found.rows,
    counts,
    /** People who agreed before, and whom this file says no for: the commit takes their consent back. */
    withdraws,
    rows: page.map((stored): PreviewRow => {
      const row = previewRow(found, stored);
      return withdrawn.has(row.rowNo) ? { ...row, reason: `${row.reason} ${ends}` } : row;
    }),
    nextCursor: rows.length > ROWS_A_PAGE ? (page.at(-1)?.rowNo ?? null) : null,
    createdAt: found.createdAt,
    committedAt: found.committedAt,
  };
}

/** Which of these rows take back what their person agreed to: as `countWithdrawals` counts them. */
async function withdrawnOn(
  tx: Db,
  { id, userId, status, mapping }: Import,
  page: readonly ImportRow[],
): Promise<Set<number>> {
  if (!mapping) return new Set();
  const takesBack =
    status === "staged"
      ? sql`${saysNo(mapping)} and (select c.consent from contacts c where c.user_id = ${userId} and c.phone_e164 = r.phone_e164)`
      : sql`r.verdict in ('no_consent', 'invalid') and r.contact_id is not null`;
  const rows = await tx.execute<{ no: number }>(sql`
    select r.row_no as no from import_rows r
     where r.import_id = ${id} and r.user_id = ${userId} and r.row_no = any(${sql.param(page.map(({ rowNo }) => rowNo))}::int[])
       and ${takesBack}`);
  return new Set(rows.map(({ no }) => no));
}

export type ImportPreview = Awaited<ReturnType<typeof importPreview>>;

/** A stored row as it is shown. */
export function previewRow({ mapping, titles }: Pick<Import, "mapping" | "titles">, row: ImportRow): PreviewRow {
  const { rowNo, phoneE164, verdict, column, reason, note } = row;
  const cells = (row.cells ?? []).map(String);
  const text = (at: number) => cells[at] ?? "";
  const plain = { rowNo, cells, phoneE164, column, reason, note };
  if (!mapping) return { ...plain, name: "", phone: "", consent: "", verdict: null, value: null };
  return {
    ...plain,
    name: text(mapping.name),
    phone: text(mapping.phone),
    consent: text(mapping.consent),
    verdict,
    value: column === null ? null : text(columnAt({ ...mapping, titles }, column)).slice(0, 200),
  };
}

/** The first data rows of a file, to suggest by what its columns are. */
async function firstCells(tx: Db, importId: Id<"import">): Promise<Cell[][]> {
  const rows = await tx
    .select({ cells: importRows.cells })
    .from(importRows)
    .where(eq(importRows.importId, importId))
    .orderBy(asc(importRows.rowNo))
    .limit(SAMPLES);
  return rows.flatMap(({ cells }) => (cells ? [cells] : []));
}

/** The newest import of the very same file that counts. */
export async function sameFile(
  tx: Db,
  userId: Id<"user">,
  { id, fileSha256 }: Pick<Import, "id" | "fileSha256">,
): Promise<{ importId: Id<"import">; committedAt: Date; listName: string; contactListId: Id<"contactList"> } | null> {
  const [same] = await tx
    .select()
    .from(imports)
    .where(
      and(
        eq(imports.userId, userId),
        eq(imports.fileSha256, fileSha256),
        eq(imports.status, "committed"),
        sql`${imports.id} <> ${id}`,
      ),
    )
    .orderBy(desc(imports.committedAt))
    .limit(1);
  if (!same?.committedAt || !same.contactListId) return null;
  const { id: importId, committedAt, listName, contactListId } = same;
  return { importId, committedAt, listName, contactListId };
}

/** Whether an import of this user can be undone. It takes a look at everybody of it, so it is asked by itself. @throws DomainError not_found */
export async function readUndo(
  tx: Db,
  userId: Id<"user">,
  { importId }: { importId: Id<"import"> },
): Promise<UndoState> {
  return undoState(tx, userId, await findImport(tx, userId, importId));
}

/** Whether a batch can be taken back; if not, why, in a sentence. */
export interface UndoState {
  possible: boolean;
  why: string | null;
}

const no = (why: string): UndoState => ({ possible: false, why });

/**
 * A batch can be taken back until somebody of it got a message, or was changed otherwise: by hand, by a merge, by a later
 * import, by their own answer.
 */
export async function undoState(tx: Db, userId: Id<"user">, found: Import): Promise<UndoState> {
  if (found.status === "undone") return no("This import was undone already.");
  if (found.status !== "committed") return no("Nothing was imported yet.");
  // Read where it stands: a Date would lose the microseconds that tell what came with it from what came after.
  const since = sql`(select i.committed_at from imports i where i.id = ${found.id})`;
  const made = sql`c.user_id = ${userId} and ${madeBy(found.id, sql`c.id`)}`;
  const known = sql`c.user_id = ${userId} and c.id = any(array(
    select r.contact_id from import_rows r where r.import_id = ${found.id} and r.verdict <> 'valid' and r.contact_id is not null))`;
  const [used] = await tx.execute<{ messaged: boolean; changed: boolean; gone: boolean }>(sql`
    select exists (select 1 from contacts c where ${made} and exists (select 1 from messages m where m.contact_id = c.id))
        or exists (select 1 from contacts c where ${known} and exists (
             select 1 from messages m where m.contact_id = c.id and m.created_at + (app_now() - now()) > ${since})) as messaged,
           exists (select 1 from contacts c where ${made} and c.changed_at > ${since})
        or exists (select 1 from contacts c where ${known} and c.changed_at > ${since}) as changed,
           (select count(*) from contacts c where ${made}) < ${found.counts.valid ?? 0} as gone`);
  if (used?.messaged) return no("Somebody of this import got a message since. Remove people by hand instead.");
  if (used?.changed) return no("Somebody of this import was changed since. Remove people by hand instead.");
  if (used?.gone) return no("Somebody of this import was removed or merged since. Remove people by hand instead.");
  return { possible: true, why: null };
}

/** The user's last imports, newest first. */
export async function lastImports(tx: Db, userId: Id<"user">) {
  const found = await tx
    .select({
      id: imports.id,
      fileName: imports.fileName,
      listName: imports.listName,
      contactListId: imports.contactListId,
      status: imports.status,
      rows: imports.rows,
      counts: imports.counts,
      createdAt: imports.createdAt,
      committedAt: imports.committedAt,
    })
    .from(imports)
    .where(eq(imports.userId, userId))
    .orderBy(desc(imports.id))
    .limit(LISTED);
  return found.map((one) => ({ ...one, counts: { ...emptyCounts(), ...one.counts } as Counts }));
}
