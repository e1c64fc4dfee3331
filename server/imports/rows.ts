import { type SQL, sql } from "drizzle-orm";
import { type CountryCode, isSupportedCountry } from "libphonenumber-js/max";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { ImportMapping } from "#db/schema/imports.ts";
import { DomainError } from "../errors.ts";
import type { Cell } from "./parse/cells.ts";
import { type FilePart, unreadable } from "./parse/read-file.ts";
import { suggestMapping } from "./parse/suggest-mapping.ts";
import { titlesOf } from "./parse/titles.ts";
import { createJudge, type Judge, type JudgedRow, keptCell, type RawRow, readNote } from "./rules.ts";

export interface ImportRef {
  id: Id<"import">;
  userId: Id<"user">;
}

/** A row with its verdict, and its cells where these are new. */
export type RowToKeep = JudgedRow & { cells?: readonly Cell[] };

/** What a file turned out to be. */
export interface TakenFile {
  readAs: string | null;
  sheets: string[];
  delimiter: string | null;
  titles: string[];
  /** Of an exact header; the rows are judged by it then. Null when a person has to say what the columns are. */
  mapping: ImportMapping | null;
  rows: number;
}

export const ROWS_A_STATEMENT = 5_000;
/** So many data rows are looked at to see what the columns are. */
const SAMPLES = 20;

/**
 * Keeps the rows of a file as they come from the parser: judged at once when the header is exact, else only their cells.
 * While Postgres writes one piece, the next is made ready.
 * @param told hears how many rows are kept so far
 * @throws DomainError unreadable_file
 */
export async function takeRows(
  tx: Db,
  ref: ImportRef,
  parts: AsyncIterable<FilePart> | Iterable<FilePart>,
  country: CountryCode | null,
  told?: (rows: number) => Promise<void>,
): Promise<TakenFile> {
  const taken: TakenFile = { readAs: null, sheets: [], delimiter: null, titles: [], mapping: null, rows: 0 };
  const write = pipeline((piece: RowToKeep[]) => keepRows(tx, ref, piece));
  let header = true;
  let judge: Judge | null = null;
  let lastNo = 0;
  let waiting: RowToKeep[] = [];
  for await (const part of parts) {
    if ("file" in part) {
      Object.assign(taken, part.file);
      continue;
    }
    let data: RawRow[] = part.rows;
    if (header) {
      const [first, ...others] = data;
      taken.titles = titlesOf(first?.cells ?? []);
      lastNo = first?.rowNo ?? 0;
      const suggestion = suggestMapping(
        taken.titles,
        others.slice(0, SAMPLES).map(({ cells }) => cells),
      );
      if (suggestion.exact) taken.mapping = suggestion.mapping;
      judge = taken.mapping ? createJudge({ ...taken.mapping, titles: taken.titles, country }) : null;
      header = false;
      data = others;
    }
    for (const raw of data) {
      // A workbook may number its rows as it likes; here each number names one row.
      lastNo = Math.max(raw.rowNo, lastNo + 1);
      const rowNo = lastNo;
      const cells = raw.cells.map(keptCell);
      const note = readNote(raw, taken.titles);
      waiting.push({ ...(judge?.judge({ rowNo, cells }, note) ?? unjudged(rowNo, note)), cells });
    }
    taken.rows += data.length;
    if (waiting.length < ROWS_A_STATEMENT) continue;
    await write(waiting);
    waiting = [];
    await told?.(taken.rows);
  }
  await write(waiting);
  await write([]);
  if (header) throw unreadable("The file is empty. Its first row must be: name, phone_e164, consent.");
  if (taken.rows === 0)
    throw unreadable("The file has a header but no rows below it. Add your contacts and upload it again.");
  await keepRows(tx, ref, [...(judge?.corrected ?? [])], { again: true });
  return taken;
}

const unjudged = (rowNo: number, note: string | null): JudgedRow => ({
  rowNo,
  phoneE164: null,
  verdict: "valid",
  column: null,
  reason: null,
  note,
});

/** Runs one write behind: a call waits for the write before it. */
export function pipeline<T>(write: (piece: T) => Promise<void>): (piece: T) => Promise<void> {
  let before: Promise<void> = Promise.resolve();
  return async (piece) => {
    const now = write(piece);
    // It is awaited a turn later; when the write before it fails, its own failure is no news.
    now.catch(() => {});
    await before;
    before = now;
  };
}

/**
 * Writes rows with their verdicts. By column, because one statement takes at most 65,535 parameters and this one takes nine
 * for any number of rows.
 * @param again the rows are there already: their verdicts are replaced, and their cells where new ones are given
 */
export async function keepRows(
  tx: Db,
  { id, userId }: ImportRef,
  rows: readonly RowToKeep[],
  { again = false } = {},
): Promise<void> {
  if (rows.length === 0) return;
  const texts = (of: (row: RowToKeep) => string | null): SQL => sql`${sql.param(rows.map(of))}::text[]`;
  const cells = texts((row) => (row.cells ? JSON.stringify(row.cells) : null));
  const conflict = again
    ? sql`on conflict (import_id, row_no) do update set
        cells = coalesce(excluded.cells, import_rows.cells), phone_e164 = excluded.phone_e164, verdict = excluded.verdict,
        "column" = excluded."column", reason = excluded.reason, note = excluded.note`
    : sql``;
  await tx.execute(sql`
    insert into import_rows (import_id, user_id, row_no, cells, phone_e164, verdict, "column", reason, note)
    select ${id}, ${userId}, row_no, cells::jsonb, phone_e164, verdict, "column", reason, note
      from unnest(${sql.param(rows.map((row) => row.rowNo))}::int[], ${cells}, ${texts((row) => row.phoneE164)},
                  ${texts((row) => row.verdict)}, ${texts((row) => row.column)}, ${texts((row) => row.reason)},
                  ${texts((row) => row.note)})
           as r (row_no, cells, phone_e164, verdict, "column", reason, note)
    ${conflict}`);
}

/** A country that phone numbers are known of. @throws DomainError invalid_input */
export function checkedCountry(country: string | null | undefined): CountryCode | null {
  if (!country) return null;
  if (!isSupportedCountry(country)) throw new DomainError("invalid_input", {}, { country: "Choose a country." });
  return country;
}
