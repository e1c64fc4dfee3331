import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, idSchema } from "#db/ids.ts";
import { campaigns, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { publish } from "../../events.ts";
import { planTypes } from "../../wallet/rules.ts";
import { emitWebhook } from "../../webhooks/emit.ts";

const endedRow = z.object({ plan: z.enum(planTypes), endsAt: z.coerce.date(), first: z.boolean() });

/**
 * Ends a user's plan, if it is over: what runs is paused, points stay. Nothing when it is not over: a payment may have come in
 * this moment. Campaigns are locked before the wallet, as everywhere; the wallet stays locked to the end, so that a new period
 * comes before all of this or after it, and then lets go on what was paused here.
 */
export async function endPlan(db: Db, userId: Id<"user">): Promise<void> {
  await db.transaction(async (tx) => {
    const running = await tx
      .select({ id: campaigns.id })
      .from(campaigns)
      .where(and(eq(campaigns.userId, userId), eq(campaigns.status, "running")))
      .orderBy(asc(campaigns.id))
      .for("no key update");
    const [row] = await tx.execute(sql`
      with over as (
        select id, plan_ended_at from wallets where user_id = ${userId} and plan_expires_at <= app_now() for no key update
      )
      update wallets w set plan_ended_at = coalesce(over.plan_ended_at, app_now()) from over where w.id = over.id
      returning w.plan_type as plan, w.plan_expires_at as "endsAt", over.plan_ended_at is null as first`);
    if (!row) return;
    const { plan, endsAt, first } = endedRow.parse(row);
    await pauseForPlan(
      tx,
      userId,
      running.map(({ id }) => id),
    );
    if (!first) return;
    const said = { plan, endsAt: endsAt.toISOString() };
    await recordAudit(tx, userId, "plan.ended", { ...said, paused: running.length });
    await emitWebhook(tx, userId, "plan.ended", said);
    await publish(tx, userId, "wallet", userId);
  });
}

/** Ends the plan of whoever a session belongs to, if it is over: what a claim does that finds it so before the next minute. */
export async function endPlanOfSession(db: Db, sessionId: Id<"waSession">): Promise<void> {
  const [session] = await db.select({ userId: waSessions.userId }).from(waSessions).where(eq(waSessions.id, sessionId));
  if (session) await endPlan(db, session.userId);
}

/** Only what is locked already: to lock another campaign after the wallet could block somebody who does it the other way round. */
async function pauseForPlan(tx: Db, userId: Id<"user">, ids: Id<"campaign">[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.update(campaigns).set({ status: "paused", pauseReason: "plan_expired" }).where(inArray(campaigns.id, ids));
  for (const id of ids) {
    await recordAudit(tx, userId, "campaign.paused", { campaignId: id, reason: "plan_expired" });
    await publish(tx, userId, "campaign", id);
  }
}

const userRow = z.object({ userId: idSchema("user") });

/** Whose plan is over and was not ended yet, or who began a campaign in its last moment. */
export async function usersToEnd(db: Db): Promise<Id<"user">[]> {
  const rows = await db.execute(sql`
    select w.user_id as "userId" from wallets w where w.plan_expires_at <= app_now() and w.plan_ended_at is null
    union
    select w.user_id from campaigns c join wallets w on w.user_id = c.user_id
     where c.status = 'running' and w.plan_expires_at <= app_now()`);
  return rows.map((row) => userRow.parse(row).userId);
}
