import { and, asc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import type { Env } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { mediaProblem } from "../../media/queries.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { draftProblems } from "../draft/problems.ts";
import { readRecipients } from "../run/recipients.ts";
import { recipientsChanged } from "../run/start.ts";
import { readStartTime } from "./rules.ts";
import type { ScheduleCampaignInput } from "./schema.ts";

/**
 * Sets when a draft starts by itself, or changes it. The number of people is the one of this moment: who joins or leaves the
 * lists until then is judged when it starts. Points, plan and phone are looked at then, too. A scheduled campaign cannot be
 * edited: what was confirmed is what starts.
 * @throws wrong_state, schedule_time, recipients_changed, what keeps a draft from starting, and what `readRecipients` throws
 */
export async function scheduleCampaign(
  tx: Db,
  env: Pick<Env, "caps">,
  userId: Id<"user">,
  input: Omit<ScheduleCampaignInput, "consentConfirmed">,
): Promise<{ at: Date }> {
  const campaign = await lockPlanned(tx, userId, input.id);
  const problem = (await draftProblems(tx, campaign))[0] ?? (await mediaProblem(tx, campaign.mediaId));
  if (problem) throw new DomainError(problem.code, problem.details);
  const time = readStartTime(input.wall, input.tz, await appNow(tx));
  if ("why" in time) throw new DomainError("schedule_time", time, { wall: time.why });
  const reached = (await readRecipients(tx, env.caps, campaign, ["queued"])).length;
  if (reached !== input.recipients) throw recipientsChanged(input.recipients, reached);
  await tx
    .update(campaigns)
    .set({
      status: "scheduled",
      scheduledFor: time.at,
      scheduleTz: input.tz,
      scheduleProblem: null,
      scheduleTriedAt: null,
      recipientsConfirmed: reached,
    })
    .where(eq(campaigns.id, campaign.id));
  const meta = { campaignId: campaign.id, for: time.at.toISOString(), tz: input.tz, recipients: reached };
  await recordAudit(tx, userId, "campaign.scheduled", meta);
  await publish(tx, userId, "campaign", campaign.id);
  return { at: time.at };
}

const unscheduled = {
  status: "draft" as const,
  scheduledFor: null,
  scheduleTz: null,
  scheduleProblem: null,
  scheduleTriedAt: null,
  recipientsConfirmed: null,
};

/** Makes all that is scheduled to start from a session drafts again: another phone has taken its place. */
export async function unscheduleOfSession(tx: Db, sessionId: Id<"waSession">): Promise<void> {
  const which = and(eq(campaigns.waSessionId, sessionId), eq(campaigns.status, "scheduled"));
  await tx.select({ id: campaigns.id }).from(campaigns).where(which).orderBy(asc(campaigns.id)).for("no key update");
  const drafts = await tx
    .update(campaigns)
    .set(unscheduled)
    .where(which)
    .returning({ id: campaigns.id, userId: campaigns.userId });
  for (const { id, userId } of drafts) {
    await recordAudit(tx, userId, "campaign.unscheduled", { campaignId: id, reason: "phone_replaced" });
    await publish(tx, userId, "campaign", id);
  }
}

/** Makes what is scheduled a draft again. @throws not_found, wrong_state */
export async function unscheduleCampaign(tx: Db, userId: Id<"user">, input: { id: string }): Promise<void> {
  const { id, status } = await lockPlanned(tx, userId, input.id);
  if (status !== "scheduled") throw new DomainError("wrong_state", { status });
  await tx.update(campaigns).set(unscheduled).where(eq(campaigns.id, id));
  await recordAudit(tx, userId, "campaign.unscheduled", { campaignId: id });
  await publish(tx, userId, "campaign", id);
}

/** The product's clock. */
export async function appNow(tx: Db): Promise<Date> {
  const [row] = await tx.execute(sql`select app_now() as now`);
  return z.object({ now: z.coerce.date() }).parse(row).now;
}

/** Locks a campaign that has not started. @throws not_found, wrong_state */
async function lockPlanned(tx: Db, userId: Id<"user">, ref: string) {
  const { id } = await getOwnCampaign(tx, userId, ref);
  const [campaign] = await tx
    .select()
    .from(campaigns)
    .where(and(eq(campaigns.id, id), eq(campaigns.userId, userId)))
    .for("no key update");
  if (campaign?.status !== "draft" && campaign?.status !== "scheduled") {
    throw new DomainError("wrong_state", { status: campaign?.status ?? "removed" });
  }
  return campaign;
}
