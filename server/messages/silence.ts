import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { inboundMessages, messages } from "#db/schema/index.ts";
import { moveMessage } from "./move.ts";

/**
 * Messages that no answer will come for any more: `sending` for 24 hours, or of a phone that was logged out, becomes
 * `unknown`; `unknown` for 14 days becomes failed (unconfirmed) and gives its hold back. What belongs to no campaign and was
 * not sent in its time, 24 hours if nothing else was said, is left out (too_late), whatever held it up.
 */
export async function settleSilence(db: Db): Promise<void> {
  const silent = await db.execute<{ id: Id<"message">; status: "queued" | "sending" | "unknown" }>(sql`
    select m.id, m.status
      from messages m join wa_sessions s on s.id = m.wa_session_id
     where (m.status = 'sending' and (m.sending_at < app_now() - interval '24 hours' or s.status in ('logged_out', 'removed')))
        or (m.status = 'unknown' and m.sending_at < app_now() - interval '14 days')
        or (m.status = 'queued' and m.campaign_id is null and coalesce(m.expires_at, m.created_at + interval '24 hours') < app_now())
     limit 1000`);
  for (const { id, status } of silent) {
    if (status === "sending") await moveMessage(db, id, { from: status, to: "unknown", points: "keep" });
    else if (status === "queued")
      await moveMessage(db, id, { from: status, to: "skipped", points: "release", errorCode: "too_late" });
    else await moveMessage(db, id, { from: status, to: "failed", points: "release", errorCode: "unconfirmed" });
  }
}

/**
 * Bodies older than 14 days are wiped: the text and the encoded message of what was sent, the text of what came in; the rows
 * and their figures stay.
 */
export async function wipeBodies(db: Db): Promise<void> {
  await db
    .update(messages)
    .set({ resolvedText: null, encoded: null })
    .where(
      sql`${messages.createdAt} < app_now() - interval '14 days' and ${messages.status} not in ('queued', 'sending')
        and (${messages.resolvedText} is not null or ${messages.encoded} is not null)`,
    );
  await db
    .update(inboundMessages)
    .set({ body: null })
    .where(
      sql`least(${inboundMessages.sentAt}, ${inboundMessages.createdAt}) < app_now() - interval '14 days'
        and ${inboundMessages.body} is not null`,
    );
}
