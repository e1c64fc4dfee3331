import { sql } from "drizzle-orm";
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

/** A row with its verdict, and its cells where these are new. A pair: of 100,000 copies of a row most outlive their use. */
export type RowToKeep = readonly [row: JudgedRow, cells?: readonly Cell[]];

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

/** Who follows the reading of a large file. */
export interface Watch {
  /** Hears how many rows are kept so far. */
  told(rows: number): Promise<void>;
  /** Aborted when the transaction is over. */
  over: AbortSignal;
}

export const ROWS_A_STATEMENT = 1_000;
/** So many data rows are looked at to see what the columns are. */
const SAMPLES = 20;

/**
 * Keeps the rows of a file as they come from the parser: judged at once when the header is exact, else only their cells.
 * While Postgres writes one piece, the next is made ready.
 * @throws DomainError unreadable_file
 */
export async function takeRows(
  tx: Db,
  ref: ImportRef,
  parts: AsyncIterable<FilePart> | Iterable<FilePart>,
  country: CountryCode | null,
  watch?: Watch,
): Promise<TakenFile> {
  const taken: TakenFile = { readAs: null, sheets: [], delimiter: null, titles: [], mapping: null, rows: 0 };
  const pipeline = openPipeline((piece: RowToKeep[]) => keepRows(tx, ref, piece));
  const judge = await pipeline.during(takeParts(pipeline, taken, parts, country, watch));
  if (taken.rows === 0)
    throw unreadable("The file has a header but no rows below it. Add your contacts and upload it again.");
  await keepRows(tx, ref, judge ? [...judge.corrected].map((row) => [row]) : [], { again: true });
  return taken;
}

async function takeParts(
  pipeline: Pipeline<RowToKeep[]>,
  taken: TakenFile,
  parts: AsyncIterable<FilePart> | Iterable<FilePart>,
  country: CountryCode | null,
  watch?: Watch,
): Promise<Judge | null> {
  let header = true;
  let judge: Judge | null = null;
  let lastNo = 0;
  let waiting: RowToKeep[] = [];
  for await (const part of parts) {
    if (watch?.over.aborted) break;
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
      waiting.push([judge?.judge({ rowNo, cells }, note) ?? unjudged(rowNo, note), cells]);
    }
    taken.rows += data.length;
    if (waiting.length < ROWS_A_STATEMENT) continue;
    await pipeline.write(waiting);
    waiting = [];
    await watch?.told(taken.rows);
  }
  // The connection died while nothing was asked of it. Postgres.js would write the rollback to no socket, and throw where
  // nobody can catch it; so this never ends, and is forgotten with its transaction.
  if (watch?.over.aborted) await new Promise(() => {});
  await pipeline.write(waiting);
  await pipeline.end();
  if (header) throw unreadable("The file is empty. Its first row must be: name, phone_e164, consent.");
  return judge;
}

const unjudged = (rowNo: number, note: string | null): JudgedRow => ({
  rowNo,
  phoneE164: null,
  verdict: "valid",
  column: null,
  reason: null,
  note,
});

/** Writes one behind the one who makes ready what is written. */
export interface Pipeline<T> {
  /** Takes a piece when the one before it is written. */
  write(piece: T): Promise<void>;
  /** Waits until everything is written. */
  end(): Promise<void>;
  /**
   * The work that writes here, given up as soon as a write fails: a transaction whose connection died has to be left at
   * once (db/socket.ts).
   */
  during<R>(work: Promise<R>): Promise<R>;
}

export function openPipeline<T>(keep: (piece: T) => Promise<void>): Pipeline<T> {
  let before: Promise<void> = Promise.resolve();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  let broken = false;
  return {
    async write(piece) {
      // Nobody waits for this work any more.
      if (broken) throw new Error("an earlier write failed");
      const now = keep(piece);
      now.catch((error: unknown) => {
        broken = true;
        fail(error);
      });
      await before;
      before = now;
    },
    end: () => before,
    during(work) {
      work.catch(() => {});
      return Promise.race([work, failed]);
    },
  };
}

/**
 * Writes rows with their verdicts, as one JSON text: a statement takes at most 65,535 parameters, and arrays of texts cost
 * each side twice the time.
 * @param again the rows are there already: their verdicts are replaced, and their cells where new ones are given
 */
export async function keepRows(
  tx: Db,
  { id, userId }: ImportRef,
  rows: readonly RowToKeep[],
  { again = false } = {},
): Promise<void> {
  if (rows.length === 0) return;
  const values = rows.map(([{ rowNo, phoneE164, verdict, column, reason, note }, cells]) => [
    rowNo,
    cells ?? null,
    phoneE164,
    verdict,
    column,
    reason,
    note,
  ]);
  const conflict = again
    ? sql`on conflict (import_id, row_no) do update set
        cells = coalesce(excluded.cells, import_rows.cells), phone_e164 = excluded.phone_e164, verdict = excluded.verdict,
        "column" = excluded."column", reason = excluded.reason, note = excluded.note`
    : sql``;
  await tx.execute(sql`
    insert into import_rows (import_id, user_id, row_no, cells, phone_e164, verdict, "column", reason, note)
    select ${id}, ${userId}, (r->0)::int, nullif(r->1, 'null'), r->>2, r->>3, r->>4, r->>5, r->>6
      from jsonb_array_elements(${JSON.stringify(values)}::text::jsonb) as r
    ${conflict}`);
}

/** A country that phone numbers are known of. @throws DomainError invalid_input */
export function checkedCountry(country: string | null | undefined): CountryCode | null {
  if (!country) return null;
  if (!isSupportedCountry(country)) throw new DomainError("invalid_input", {}, { country: "Choose a country." });
  return country;
}
