import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { CSV_BOM, csvLine, momentInFiles } from "../../csv.ts";
import { reasonSentence } from "../../messages/rules.ts";
import { type SheetColumn, sheetText, textWorkbook } from "../../xlsx.ts";
import { recipientAddress } from "../rules.ts";
import { type ExportedRow, openExport } from "./export-rows.ts";
import type { ExportFilter } from "./schema.ts";

interface ExportColumn extends SheetColumn {
  /** What stands in it; a moment is worded by `time`. */
  value: (row: ExportedRow, time: (iso: string | null) => string) => string;
}

const answer = (at: string | null) => (at ? "yes" : "no");

const columns: readonly ExportColumn[] = [
  { title: "name", width: 24, value: (row) => row.name },
  { title: "phone", width: 18, value: (row) => recipientAddress(row.recipientKey) },
  { title: "status", width: 12, value: (row) => row.status },
  { title: "reason", width: 48, value: (row) => reasonSentence(row.errorCode) },
  { title: "sending_at", width: 30, value: (row, time) => time(row.handedOverAt) },
  { title: "sent_at", width: 30, value: (row, time) => time(row.acceptedAt) },
  { title: "delivered_at", width: 30, value: (row, time) => time(row.deliveredAt) },
  { title: "read_at", width: 30, value: (row, time) => time(row.readAt) },
  { title: "replied", width: 9, value: (row) => answer(row.repliedAt) },
  { title: "replied_at", width: 30, value: (row, time) => time(row.repliedAt) },
  { title: "opted_out", width: 10, value: (row) => answer(row.optedOutAt) },
  { title: "opted_out_at", width: 30, value: (row, time) => time(row.optedOutAt) },
  { title: "points", width: 8, value: (row) => String(row.points) },
  { title: "submissions", width: 12, value: (row) => String(row.submissions) },
  { title: "message_id", width: 32, value: (row) => row.id },
];

/**
 * A campaign's recipients as CSV, all or those that `filter` leaves. Memory does not grow with the campaign. Times are those of the
 * user's zone with its distance from UTC.
 * @throws DomainError not_found, before the first piece
 */
export async function* exportCampaign(
  db: Db,
  userId: Id<"user">,
  id: string,
  filter: ExportFilter = {},
): AsyncGenerator<string> {
  const { tz, pieces } = await openExport(db, userId, id, filter);
  const time = momentsIn(tz);
  yield CSV_BOM + csvLine(columns.map(({ title }) => title));
  for await (const rows of pieces) {
    yield rows.map((row) => csvLine(columns.map(({ value }) => value(row, time)))).join("");
  }
}

/** The same as a workbook whose cells are all texts, so that a number keeps its "+" and its zeros. */
export async function* exportCampaignXlsx(
  db: Db,
  userId: Id<"user">,
  id: string,
  filter: ExportFilter = {},
): AsyncGenerator<Uint8Array> {
  const { tz, pieces } = await openExport(db, userId, id, filter);
  const time = momentsIn(tz);
  yield* textWorkbook("Recipients", columns, cellsOf(pieces, time));
}

async function* cellsOf(pieces: AsyncIterable<ExportedRow[]>, time: (iso: string | null) => string) {
  for await (const rows of pieces) yield rows.map((row) => columns.map(({ value }) => sheetText(value(row, time))));
}

/** Nothing for a moment that did not come. */
function momentsIn(tz: string): (iso: string | null) => string {
  const time = momentInFiles(tz);
  return (iso) => (iso === null ? "" : time(new Date(iso)));
}
