import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { csvLine } from "../../csv.ts";
import { withUser } from "../../users/with-user.ts";
import { listCampaignMessages } from "./queries.ts";

const HEADER = [
  "name",
  "phone",
  "status",
  "reason",
  "sending_at",
  "sent_at",
  "delivered_at",
  "read_at",
  "submissions",
  "message_id",
];
const PAGE = 100;

/** A campaign's results as CSV, a page of rows at a time: memory does not grow with the campaign. Times are UTC, ISO 8601. */
export async function* exportCampaign(db: Db, userId: Id<"user">, id: string): AsyncGenerator<string> {
  let cursor: string | undefined;
  let first = true;
  do {
    const page = await withUser(db, userId, (tx) => listCampaignMessages(tx, userId, { id, cursor, limit: PAGE }));
    if (first) yield csvLine(HEADER);
    first = false;
    const time = (at: Date | null) => at?.toISOString() ?? "";
    const lines = page.rows.map((row) =>
      csvLine([
        row.name,
        row.phone,
        row.status,
        row.reason ?? "",
        time(row.sendingAt),
        time(row.sentAt),
        time(row.deliveredAt),
        time(row.readAt),
        String(row.submissions),
        row.id,
      ]),
    );
    if (lines.length > 0) yield lines.join("");
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}
