import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { keepErasuresOut } from "../../contacts/lock.ts";
import type { Env } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { mediaProblem } from "../../media/queries.ts";
import { phoneProblem } from "../../wa/queries.ts";
import { holdPoints } from "../../wallet/hold.ts";
import { POINTS_PER_MESSAGE } from "../../wallet/rules.ts";
import { lockAsking, recordAsked } from "../draft/confirmation.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { draftProblems } from "../draft/problems.ts";
import { type Addressed, keepRecipients, readRecipients } from "./recipients.ts";

export type StartEnv = Pick<Env, "caps" | "sessionKeys">;

/**
 * Starts a draft, or what is scheduled, in one transaction: fixes the recipients with their texts and price, lists who is
 * left out and why, keeps who is asked to confirm, holds the points, and books the pump.
 * @param input.recipients how many people the user said get it; null for as many as they are, when that was said before
 * @param input.trial it is taken back anyway: who is left out gets no row
 * @param input.due when it is a scheduled start: one that was started, put off or taken back meanwhile is left alone
 * @throws wrong_state, recipients_changed, draft_changed, account_restricted, session_not_linked, plan_expired,
 * insufficient_points,
 * what keeps a draft from starting, and what `readRecipients` throws
 */
export async function startCampaign(
  tx: Db,
  env: StartEnv,
  userId: Id<"user">,
  input: { id: string; recipients: number | null; due?: Date; trial?: boolean },
): Promise<void> {
  const { campaign, session } = await lockForStart(tx, userId, input);
  const recipients = await readRecipients(tx, env.caps, campaign, input.trial ? ["queued"] : undefined);
  const reached = recipients.filter(({ verdict }) => verdict === "queued");
  if (input.recipients !== null && input.recipients !== reached.length) {
    throw recipientsChanged(input.recipients, reached.length);
  }
  await keepRecipients(tx, env.sessionKeys, campaign, recipients);
  if (campaign.purpose === "confirmation") await keepAsked(tx, userId, campaign.templateText, reached);
  // After the recipients: a dry run shows them, whatever is in the way of the start.
  const away = await phoneProblem(tx, userId, session);
  if (away) throw new DomainError(away.code, away.details);
  const points = reached.length * POINTS_PER_MESSAGE;
  await holdPoints(tx, userId, points);
  await tx
    .update(campaigns)
    .set({
      status: "running",
      total: recipients.length,
      holdOpen: points,
      recipientsConfirmed: input.recipients ?? campaign.recipientsConfirmed,
      recipientsAtStart: reached.length,
      scheduleProblem: null,
      startedAt: sql`now()`,
    })
    .where(eq(campaigns.id, campaign.id));
  await tx.execute(sql`select book_pump(${campaign.waSessionId})`);
  await recordAudit(tx, userId, "campaign.started", {
    campaignId: campaign.id,
    purpose: campaign.purpose,
    audience: campaign.audience,
    recipients: reached.length,
    points,
    scheduled: campaign.status === "scheduled",
  });
  await publish(tx, userId, "campaign", campaign.id);
}

/** The refusal of a start to so many people, when it would reach others than the user said: the field that says so. */
export function recipientsChanged(typed: number, now: number): DomainError {
  const details = { typed, now };
  const { message } = new DomainError("recipients_changed", details);
  return new DomainError("recipients_changed", details, { recipients: message });
}

/** Locks what a start changes. Every transaction locks session, campaign, message, wallet, in this order. */
async function lockForStart(tx: Db, userId: Id<"user">, { id, due }: { id: string; due?: Date | undefined }) {
  const { waSessionId } = await getOwnCampaign(tx, userId, id);
  if (waSessionId === null) throw new DomainError("no_phone");
  await keepErasuresOut(tx, userId);
  await lockAsking(tx, userId);
  const [session] = await tx
    .select({ status: waSessions.status, restrictedUntil: waSessions.restrictedUntil })
    .from(waSessions)
    .where(and(eq(waSessions.id, waSessionId), eq(waSessions.userId, userId)))
    .for("no key update");
  const [campaign] = await tx
    .select()
    .from(campaigns)
    .where(and(eq(campaigns.id, id as Id<"campaign">), eq(campaigns.userId, userId)))
    .for("no key update");
  if (!campaign) throw new DomainError("not_found");
  // The phone that is locked is the one that sends.
  if (campaign.waSessionId !== waSessionId) throw new DomainError("draft_changed");
  const planned = campaign.status === "draft" || campaign.status === "scheduled";
  if (!planned || (due && campaign.scheduledFor?.getTime() !== due.getTime())) {
    throw new DomainError("wrong_state", { status: campaign.status });
  }
  const problem = (await draftProblems(tx, campaign))[0] ?? (await mediaProblem(tx, campaign.mediaId));
  if (problem) throw new DomainError(problem.code, problem.details);
  return { campaign: { ...campaign, waSessionId }, session };
}

async function keepAsked(tx: Db, userId: Id<"user">, words: string, reached: Addressed[]): Promise<void> {
  const asked = reached.flatMap(({ contactId }) => (contactId ? [contactId] : []));
  await recordAsked(tx, userId, asked, words);
}
