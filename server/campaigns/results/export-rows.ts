import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { MessageStatus } from "../../messages/rules.ts";
import { withUser } from "../../users/with-user.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { optOutsAfter, reached, repliesTo } from "./answers.ts";
import type { ExportFilter } from "./schema.ts";

const ROWS_A_CHUNK = 1_000;

/** A recipient of a campaign with all that came of their message. Moments are ISO 8601, UTC; null: it did not happen. */
export interface ExportedRow extends Record<string, unknown> {
  id: Id<"message">;
  name: string;
  recipientKey: string;
  status: MessageStatus;
  errorCode: string | null;
  handedOverAt: string | null;
  acceptedAt: string | null;
  deliveredAt: string | null;
  readAt: string | null;
  repliedAt: string | null;
  optedOutAt: string | null;
  points: number;
  submissions: number;
}

const moment = (of: ReturnType<typeof sql>) => sql`to_char(${of} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The recipients of a campaign in the sending order, 1,000 at a time, each lot in a transaction of its own: whoever takes
 * them slowly holds none open.
 * @returns with the first piece, before which a refusal comes, the campaign's name and the zone of its user
 * @throws DomainError not_found
 */
export async function openExport(db: Db, userId: Id<"user">, campaignId: string, filter: ExportFilter) {
  const { id, name, tz } = await withUser(db, userId, async (tx) => {
    const campaign = await getOwnCampaign(tx, userId, campaignId);
    const [user] = await tx.execute<{ tz: string }>(sql`select tz from users where id = ${userId}`);
    return { id: campaign.id, name: campaign.name, tz: user?.tz ?? "UTC" };
  });
  return { name, tz, pieces: readRows(db, userId, id, filter) };
}

async function* readRows(
  db: Db,
  userId: Id<"user">,
  campaignId: Id<"campaign">,
  { status, reason }: ExportFilter,
): AsyncGenerator<ExportedRow[]> {
  for (let after = ""; ; ) {
    const from = after;
    const rows = await withUser(db, userId, (tx) =>
      tx.execute<ExportedRow>(sql`
        select m.id, m.recipient_name as name, m.recipient_key as "recipientKey", m.status, m.error_code as "errorCode",
               ${moment(sql`m.sending_at`)} as "handedOverAt", ${moment(sql`m.sent_at`)} as "acceptedAt",
               ${moment(sql`m.delivered_at`)} as "deliveredAt", ${moment(sql`m.read_at`)} as "readAt",
               case when ${reached} then (select ${moment(sql`min(i.sent_at)`)} from ${repliesTo}) end as "repliedAt",
               case when ${reached} then (select ${moment(sql`min(e.at)`)} from ${optOutsAfter}) end as "optedOutAt",
               m.cost_points as points, m.submissions
          from (select * from messages where campaign_id = ${campaignId} and user_id = ${userId} and id > ${from}
                   and (${status ?? null}::text is null or status = ${status ?? null})
                   and (${reason ?? null}::text is null or coalesce(error_code, 'no_answer') = ${reason ?? null})
                 order by id limit ${ROWS_A_CHUNK}) m
         order by m.id`),
    );
    const last = rows.at(-1);
    if (!last) return;
    yield [...rows];
    if (rows.length < ROWS_A_CHUNK) return;
    after = last.id;
  }
}
