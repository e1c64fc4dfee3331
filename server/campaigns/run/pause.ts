import { and, eq, inArray, or, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId } from "#db/ids.ts";
import { campaigns, messages, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { phoneProblem } from "../../wa/queries.ts";
import { requirePlan } from "../../wallet/hold.ts";
import { release } from "../../wallet/ledger.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { campaignStatusesBefore } from "../rules.ts";

type PauseReason = NonNullable<(typeof campaigns.$inferSelect)["pauseReason"]>;

/** Stops new messages before the next one; what is on the wire stays honest. @throws wrong_state, not_found */
export async function pauseCampaign(tx: Db, userId: Id<"user">, input: { id: string }): Promise<void> {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const paused = await tx
    .update(campaigns)
    .set({ status: "paused", pauseReason: "user" })
    .where(and(eq(campaigns.id, campaign.id), inArray(campaigns.status, campaignStatusesBefore("paused"))))
    .returning({ id: campaigns.id });
  if (paused.length === 0) throw new DomainError("wrong_state", { status: campaign.status });
  await recordAudit(tx, userId, "campaign.paused", { campaignId: campaign.id });
  await publish(tx, userId, "campaign", campaign.id);
}

/**
 * Locks the phone of a campaign that is to send (again), and sees that it may.
 * @throws wrong_state for a draft without a phone, account_restricted, session_not_linked, plan_expired
 */
export async function requireSender(
  tx: Db,
  userId: Id<"user">,
  campaign: Pick<typeof campaigns.$inferSelect, "waSessionId" | "status">,
): Promise<Id<"waSession">> {
  const { waSessionId, status } = campaign;
  if (waSessionId === null) throw new DomainError("wrong_state", { status });
  const [session] = await tx
    .select({ status: waSessions.status, restrictedUntil: waSessions.restrictedUntil })
    .from(waSessions)
    .where(eq(waSessions.id, waSessionId))
    .for("no key update");
  const problem = await phoneProblem(tx, userId, session);
  if (problem) throw new DomainError(problem.code, problem.details);
  await requirePlan(tx, userId);
  return waSessionId;
}

/**
 * Goes on with what is queued. Nothing that was handed over is queued again.
 * @throws wrong_state, account_restricted, session_not_linked, plan_expired
 */
export async function resumeCampaign(tx: Db, userId: Id<"user">, input: { id: string }): Promise<void> {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const sessionId = await requireSender(tx, userId, campaign);
  const resumed = await tx
    .update(campaigns)
    .set({ status: "running", pauseReason: null, consecutiveFailures: 0 })
    .where(and(eq(campaigns.id, campaign.id), eq(campaigns.status, "paused")))
    .returning({ id: campaigns.id });
  if (resumed.length === 0) throw new DomainError("wrong_state", { status: campaign.status });
  await tx.execute(sql`select finish_campaign(${campaign.id})`);
  await tx.execute(sql`select book_pump(${sessionId})`);
  await recordAudit(tx, userId, "campaign.resumed", { campaignId: campaign.id });
  await publish(tx, userId, "campaign", campaign.id);
}

/**
 * Cancels what has not been handed over and gives its points back. A message on its way is not called back: the campaign
 * stays `cancelling` until WhatsApp, or time, has answered for it.
 */
export async function cancelCampaign(tx: Db, userId: Id<"user">, input: { id: string }): Promise<void> {
  const { id } = await getOwnCampaign(tx, userId, input.id);
  const [campaign] = await tx.select().from(campaigns).where(eq(campaigns.id, id)).for("no key update");
  if (!campaign || (campaign.status !== "running" && campaign.status !== "paused")) {
    throw new DomainError("wrong_state", { status: campaign?.status ?? "gone" });
  }
  const cancelled = await tx
    .update(messages)
    .set({ status: "cancelled", errorCode: "cancelled", endedAt: sql`now()` })
    .where(and(eq(messages.campaignId, id), eq(messages.status, "queued")))
    .returning({ points: messages.pricePoints });
  const points = cancelled.reduce((sum, row) => sum + row.points, 0);
  await tx
    .update(campaigns)
    .set({ status: "cancelling", pauseReason: null, holdOpen: sql`${campaigns.holdOpen} - ${points}` })
    .where(eq(campaigns.id, id));
  await release(tx, userId, points);
  await tx.execute(sql`select finish_campaign(${id})`);
  await recordAudit(tx, userId, "campaign.cancelled", { campaignId: id, cancelled: cancelled.length });
  await publish(tx, userId, "campaign", id);
  await publish(tx, userId, "wallet", userId);
}

/** SQL: paused because the plan had ended, and for no other reason. */
export const waitsForPlan = and(eq(campaigns.status, "paused"), eq(campaigns.pauseReason, "plan_expired"));

/**
 * Pauses every running campaign of a session, for a reason of the account's. Answers whose screens to tell. One that only waits
 * for a plan does not go on by itself any more once the phone was logged out: it may be another phone that is linked next.
 */
export async function pauseCampaignsOfSession(
  db: Db,
  sessionId: Id<"waSession">,
  reason: PauseReason,
): Promise<{ id: Id<"campaign">; userId: Id<"user"> }[]> {
  const which = and(
    eq(campaigns.waSessionId, sessionId),
    reason === "logged_out" ? or(eq(campaigns.status, "running"), waitsForPlan) : eq(campaigns.status, "running"),
  );
  return db.transaction(async (tx) => {
    await tx.select({ id: campaigns.id }).from(campaigns).where(which).orderBy(campaigns.id).for("no key update");
    const paused = await tx
      .update(campaigns)
      .set({ status: "paused", pauseReason: reason })
      .where(which)
      .returning({ id: campaigns.id, userId: campaigns.userId });
    for (const { id, userId } of paused) {
      await recordAudit(tx, userId, "campaign.paused", { campaignId: id, reason });
      await publish(tx, userId, "campaign", id);
    }
    return paused;
  });
}

/** A draft can go without a trace; what was started stays as a record. @throws wrong_state */
export async function removeDraft(tx: Db, userId: Id<"user">, input: { id: string }): Promise<void> {
  if (!isId("campaign", input.id)) throw new DomainError("not_found");
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const removed = await tx
    .delete(campaigns)
    .where(and(eq(campaigns.id, campaign.id), eq(campaigns.userId, userId), eq(campaigns.status, "draft")))
    .returning({ id: campaigns.id });
  if (removed.length === 0) throw new DomainError("wrong_state", { status: campaign.status });
  await recordAudit(tx, userId, "campaign.removed", { campaignId: campaign.id });
  await publish(tx, userId, "campaign", campaign.id);
}
