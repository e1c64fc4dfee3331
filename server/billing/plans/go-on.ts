import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, wallets, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { waitsForPlan } from "../../campaigns/run/pause.ts";
import { publish } from "../../events.ts";
import { goOnAs } from "./rules.ts";

/** Books that the campaigns that wait for a plan go on: in the transaction that gives the plan, heard at its commit. */
export async function bookGoOn(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`
    select book_job('plans:go-on', json_build_object('userId', ${userId}::text), ${`go-on:${userId}`})
     where exists (select 1 from campaigns where user_id = ${userId} and ${waitsForPlan})`);
}

/**
 * Lets a user's campaigns go on that were paused because the plan had ended, while one runs. Those whose phone cannot send
 * stay paused, for that reason: they go on when their user says so. Who paused a campaign by hand is not overruled.
 */
export async function goOn(db: Db, userId: Id<"user">): Promise<void> {
  await db.transaction(async (tx) => {
    const mine = and(eq(campaigns.userId, userId), waitsForPlan);
    const sessions = await tx
      .select({ id: waSessions.id, status: waSessions.status })
      .from(waSessions)
      .where(inArray(waSessions.id, tx.select({ id: campaigns.waSessionId }).from(campaigns).where(mine)))
      .orderBy(asc(waSessions.id))
      .for("no key update");
    const waiting = await tx
      .select({ id: campaigns.id, waSessionId: campaigns.waSessionId })
      .from(campaigns)
      .where(mine)
      .orderBy(asc(campaigns.id))
      .for("no key update");
    // Locked, so that the end of this plan comes before all of this or after it.
    const [active] = await tx
      .select({ id: wallets.id })
      .from(wallets)
      .where(and(eq(wallets.userId, userId), sql`${wallets.planExpiresAt} > app_now()`))
      .for("no key update");
    if (!active) return;
    for (const { id, waSessionId } of waiting) {
      // A campaign that was paused since the phones were looked at has its turn at the next look.
      const session = sessions.find((each) => each.id === waSessionId);
      if (!session) continue;
      const reason = goOnAs(session.status);
      if (reason === null) await resume(tx, userId, id, session.id);
      else {
        await tx.update(campaigns).set({ pauseReason: reason }).where(eq(campaigns.id, id));
        await recordAudit(tx, userId, "campaign.stays_paused", { campaignId: id, reason });
      }
      await publish(tx, userId, "campaign", id);
    }
  });
}

async function resume(tx: Db, userId: Id<"user">, id: Id<"campaign">, sessionId: Id<"waSession">): Promise<void> {
  await tx
    .update(campaigns)
    .set({ status: "running", pauseReason: null, consecutiveFailures: 0 })
    .where(eq(campaigns.id, id));
  await tx.execute(sql`select finish_campaign(${id})`);
  await tx.execute(sql`select book_pump(${sessionId})`);
  await recordAudit(tx, userId, "campaign.resumed", { campaignId: id, because: "plan" });
}

/** Whose campaigns wait although a plan runs: what a crash left behind, or a phone that came back into sight. */
export async function usersToGoOn(db: Db): Promise<Id<"user">[]> {
  const rows = await db
    .selectDistinct({ userId: campaigns.userId })
    .from(campaigns)
    .innerJoin(wallets, eq(wallets.userId, campaigns.userId))
    .where(and(waitsForPlan, sql`${wallets.planExpiresAt} > app_now()`));
  return rows.map(({ userId }) => userId);
}
