import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages } from "#db/schema/index.ts";
import { finishWhenDone } from "../campaigns/pause.ts";
import { release } from "../wallet/ledger.ts";

/**
 * Messages that no answer will come for any more: `sending` for 24 hours, or of a phone that was logged out, becomes
 * `unknown`; `unknown` for 14 days becomes failed (unconfirmed) and gives its hold back.
 */
export async function settleSilence(db: Db): Promise<void> {
  const silent = await db.execute<{ id: Id<"message">; campaign_id: Id<"campaign">; next: "unknown" | "failed" }>(sql`
    select m.id, m.campaign_id, case m.status when 'sending' then 'unknown' else 'failed' end as next
      from messages m join wa_sessions s on s.id = m.wa_session_id
     where m.campaign_id is not null
       and ((m.status = 'sending' and (m.sending_at < app_now() - interval '24 hours' or s.status in ('logged_out', 'removed')))
         or (m.status = 'unknown' and m.sending_at < app_now() - interval '14 days'))
     limit 1000`);
  for (const { id, campaign_id: campaignId, next } of silent) {
    await db.transaction(async (tx) => {
      await tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.id, campaignId)).for("no key update");
      await (next === "unknown" ? giveUpWaiting(tx, id) : giveUp(tx, id, campaignId));
      await finishWhenDone(tx, campaignId);
    });
  }
}

async function giveUpWaiting(tx: Db, id: Id<"message">): Promise<void> {
  await tx
    .update(messages)
    .set({ status: "unknown", redriveAt: null })
    .where(and(eq(messages.id, id), eq(messages.status, "sending")));
}

async function giveUp(tx: Db, id: Id<"message">, campaignId: Id<"campaign">): Promise<void> {
  const [failed] = await tx
    .update(messages)
    .set({ status: "failed", errorCode: "unconfirmed", endedAt: sql`now()` })
    .where(and(eq(messages.id, id), eq(messages.status, "unknown")))
    .returning({ points: messages.pricePoints, userId: messages.userId });
  if (!failed) return;
  await tx
    .update(campaigns)
    .set({ holdOpen: sql`${campaigns.holdOpen} - ${failed.points}` })
    .where(eq(campaigns.id, campaignId));
  await release(tx, failed.userId, failed.points);
}

/** Bodies older than 14 days are wiped: the text and the encoded message; the row and its figures stay. */
export async function wipeBodies(db: Db): Promise<void> {
  await db
    .update(messages)
    .set({ resolvedText: null, encoded: null })
    .where(
      sql`${messages.createdAt} < app_now() - interval '14 days' and ${messages.status} not in ('queued', 'sending')
        and (${messages.resolvedText} is not null or ${messages.encoded} is not null)`,
    );
}
