import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { recipientAddress } from "../../campaigns/rules.ts";
import { CSV_BOM, csvLine, momentInFiles } from "../../csv.ts";
import { withUser } from "../../users/with-user.ts";
import { type SheetColumn, sheetText, textWorkbook } from "../../xlsx.ts";
import { readTxns, type Txn } from "./queries.ts";
import { txnWords } from "./rules.ts";
import type { HistoryFilter } from "./schema.ts";
import { findWallet } from "./span.ts";

const ROWS_A_CHUNK = 1_000;

interface ExportColumn extends SheetColumn {
  /** What stands in it; a moment is worded by `time`. */
  value: (row: Txn, time: (at: Date) => string) => string | number;
}

const columns: readonly ExportColumn[] = [
  { title: "number", width: 10, value: (row) => row.seq },
  { title: "at", width: 30, value: (row, time) => time(row.createdAt) },
  { title: "kind", width: 10, value: (row) => row.type },
  { title: "what", width: 20, value: (row) => txnWords[row.type] },
  { title: "points", width: 10, value: (row) => row.points },
  { title: "balance_after", width: 14, value: (row) => row.balanceAfter },
  { title: "campaign", width: 28, value: (row) => row.campaign?.name ?? "" },
  { title: "recipient", width: 24, value: (row) => row.message?.recipient ?? "" },
  { title: "phone", width: 18, value: (row) => (row.message ? recipientAddress(row.message.recipientKey) : "") },
  { title: "reason", width: 36, value: (row) => row.reason ?? "" },
  { title: "reference", width: 32, value: (row) => row.refId },
  { title: "transaction_id", width: 32, value: (row) => row.id },
];

/**
 * The ledger as CSV, newest first, all of it or what `filter` leaves. Memory does not grow with it. Times are those of the
 * user's zone with its distance from UTC.
 */
export async function* historyCsv(db: Db, userId: Id<"user">, filter: HistoryFilter): AsyncGenerator<string> {
  const { time, pieces } = await openExport(db, userId, filter);
  yield CSV_BOM + csvLine(columns.map(({ title }) => title));
  for await (const rows of pieces) {
    yield rows.map((row) => csvLine(columns.map(({ value }) => value(row, time)))).join("");
  }
}

/** The same as a workbook whose cells are all texts. */
export async function* historyXlsx(db: Db, userId: Id<"user">, filter: HistoryFilter): AsyncGenerator<Uint8Array> {
  const { time, pieces } = await openExport(db, userId, filter);
  yield* textWorkbook("Wallet", columns, cellsOf(pieces, time));
}

async function* cellsOf(pieces: AsyncIterable<Txn[]>, time: (at: Date) => string) {
  for await (const rows of pieces) yield rows.map((row) => columns.map(({ value }) => cell(value(row, time))));
}

// What we counted ourselves may begin with a minus; what somebody wrote is no formula.
const cell = (value: string | number) => (typeof value === "number" ? String(value) : sheetText(value));

async function openExport(db: Db, userId: Id<"user">, filter: HistoryFilter) {
  const wallet = await withUser(db, userId, (tx) => findWallet(tx, userId));
  return { time: momentInFiles(wallet?.tz ?? "UTC"), pieces: readPieces(db, userId, filter) };
}

/** Each piece in a transaction of its own: whoever takes them slowly holds none open. */
async function* readPieces(db: Db, userId: Id<"user">, filter: HistoryFilter): AsyncGenerator<Txn[]> {
  for (let before = Infinity; ; ) {
    const from = before;
    const rows = await withUser(db, userId, async (tx) => {
      const wallet = await findWallet(tx, userId);
      return wallet ? readTxns(tx, userId, wallet, filter, { before: from, limit: ROWS_A_CHUNK }) : [];
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    if (rows.length < ROWS_A_CHUNK) return;
    before = last.seq;
  }
}
