import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { type campaigns, wallets, waNumbers, waSessions } from "#db/schema/index.ts";
import { checkNumbers, readChecks } from "../../contacts/numbers/check-numbers.ts";
import type { Caps } from "../../env.ts";
import { type Details, DomainError, type RefusalCode } from "../../errors.ts";
import { templateValues, templateVariables } from "../../templates/rules.ts";
import { missingPoints, POINTS_PER_MESSAGE } from "../../wallet/rules.ts";
import { noVerdicts, reachProblem } from "../rules.ts";
import { countAudience, getOwnLists, isAimedAt, judgePeople, type Recipient } from "./audience.ts";
import { getOwnCampaign } from "./draft.ts";
import { groupProblem, readGroupChat } from "./group-chat.ts";

/** Of people about whom WhatsApp is not asked. */
const UNASKED = { unasked: 0, leftToday: 0, state: "unasked" as const };

type Problem = { code: RefusalCode; details: Details };

/** What a start would do: who gets a message, who does not and why, the points, and every reason it would be refused. */
export async function reviewCampaign(tx: Db, caps: Caps, userId: Id<"user">, input: { id: string }) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const limit = caps.recipientsPerCampaign;
  const reach =
    campaign.audience === "group_chat" ? await reviewGroup(tx, campaign) : await reviewPeople(tx, campaign, limit);
  const need = reach.sendable * POINTS_PER_MESSAGE;
  const [wallet] = await tx
    .select({
      balance: wallets.balance,
      held: wallets.held,
      active: sql<boolean>`${wallets.planExpiresAt} > app_now()`,
    })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  const session = campaign.waSessionId && (await readSession(tx, campaign.waSessionId));
  const points = wallet ?? { balance: 0, held: 0, active: false };
  const available = points.balance - points.held;
  const missing = missingPoints(need, points);

  const problems: Problem[] = [];
  const refuse = (code: RefusalCode, details: Details = {}) => problems.push({ code, details });
  if (session?.status !== "linked" && session?.status !== "reconnecting") refuse("session_not_linked");
  if (!points.active) refuse("plan_expired");
  problems.push(...reach.problems);
  if (missing > 0) refuse("insufficient_points", { need, available, missing });

  return {
    ...reach,
    points: { need, available, missing },
    capPerCampaign: limit,
    leftToday: Math.max(0, caps.messagesPerDay - (session?.sentToday ?? 0)),
    session: session ? { status: session.status, phone: session.phone } : null,
    problems: problems.map(({ code, details }) => ({ code, sentence: new DomainError(code, details).message })),
  };
}

async function readSession(tx: Db, id: Id<"waSession">) {
  const [session] = await tx
    .select({
      status: waSessions.status,
      phone: waSessions.phone,
      sentToday: sql<number>`coalesce(case when ${waNumbers.day} = (app_now() at time zone ${waNumbers.tz})::date then ${waNumbers.daySent} end, 0)`,
    })
    .from(waSessions)
    .leftJoin(waNumbers, eq(waNumbers.phone, waSessions.phone))
    .where(eq(waSessions.id, id));
  return session ?? null;
}

type Campaign = typeof campaigns.$inferSelect;

/** Each person of the list who agreed. */
async function reviewPeople(tx: Db, campaign: Campaign, limit: number) {
  const { userId, listIds, purpose, waSessionId, templateText } = campaign;
  const lists = await getOwnLists(tx, userId, listIds);
  const { queued: sendable, ...excluded } = await countAudience(tx, userId, campaign);
  const recipients = Object.values(excluded).reduce((sum, n) => sum + n, sendable);
  const problem = reachProblem({ queued: sendable, ...excluded }, limit);
  const problems: Problem[] = problem ? [problem] : [];
  if (purpose === "confirmation" && !lists.every(({ doubleOptIn }) => doubleOptIn))
    problems.push({ code: "no_double_opt_in", details: {} });
  const waiting = purpose === "message" && excluded.not_confirmed > 0;
  return {
    recipients,
    sendable,
    excluded,
    /** Of those who have not confirmed: how many can still be asked to. */
    askable: waiting ? (await countAudience(tx, userId, { ...campaign, purpose: "confirmation" })).queued : 0,
    group: null,
    numbers: waSessionId
      ? await readChecks(tx, userId, {
          sessionId: waSessionId,
          campaignId: campaign.id,
          people: isAimedAt(userId, campaign),
        })
      : UNASKED,
    missingValues: problem ? [] : missingValues(templateText, await judgePeople(tx, userId, campaign)),
    problems,
  };
}

/** The chat of a group: one recipient, and everybody in it reads along. */
async function reviewGroup(tx: Db, campaign: Campaign) {
  const chat = await readGroupChat(tx, campaign.userId, campaign);
  const problem = groupProblem(chat);
  const { queued: _one, ...excluded } = noVerdicts();
  return {
    recipients: 1,
    sendable: 1,
    excluded,
    askable: 0,
    group: { members: chat.members, hidden: chat.hidden },
    numbers: UNASKED,
    missingValues: [],
    problems: problem ? [problem] : [],
  };
}

/**
 * Asks WhatsApp which people of a draft have an account, before anything is sent.
 * @throws not_found, wrong_state once it was started, not_for_group_chat, session_not_linked, session_busy
 */
export async function checkCampaignNumbers(tx: Db, userId: Id<"user">, input: { id: string }) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const { id, status, waSessionId, audience } = campaign;
  if (status !== "draft" && status !== "scheduled") throw new DomainError("wrong_state", { status });
  if (audience === "group_chat") throw new DomainError("not_for_group_chat");
  if (waSessionId === null) throw new DomainError("session_not_linked");
  return checkNumbers(tx, userId, { sessionId: waSessionId, campaignId: id, people: isAimedAt(userId, campaign) });
}

function missingValues(template: string, audience: Recipient[]) {
  return templateVariables(template)
    .map((variable) => ({
      variable,
      count: audience.filter(
        (recipient) => recipient.verdict === "queued" && !templateValues(recipient).get(variable)?.trim(),
      ).length,
    }))
    .filter((missing) => missing.count > 0);
}
