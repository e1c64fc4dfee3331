import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets, waNumbers, waSessions } from "#db/schema/index.ts";
import { checkNumbers, readChecks } from "../contacts/check-numbers.ts";
import type { Caps } from "../env.ts";
import { DomainError, type RefusalCode, refusals } from "../errors.ts";
import { missingPoints, POINTS_PER_MESSAGE } from "../wallet/rules.ts";
import { readAudience } from "./audience.ts";
import { getOwnCampaign } from "./draft.ts";
import { templateValues, templateVariables } from "./rules.ts";

/** What a start would do: who gets a message, who does not and why, the points, and every reason it would be refused. */
export async function reviewCampaign(tx: Db, caps: Caps, userId: Id<"user">, input: { id: string }) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const audience = await readAudience(tx, userId, campaign.contactListId);
  const count = (verdict: string) => audience.filter((recipient) => recipient.verdict === verdict).length;
  const sendable = count("queued");
  const need = sendable * POINTS_PER_MESSAGE;
  const [wallet] = await tx
    .select({
      balance: wallets.balance,
      held: wallets.held,
      active: sql<boolean>`${wallets.planExpiresAt} > app_now()`,
    })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  const [session] = await tx
    .select({
      status: waSessions.status,
      phone: waSessions.phone,
      sentToday: sql<number>`coalesce(case when ${waNumbers.day} = (app_now() at time zone ${waNumbers.tz})::date then ${waNumbers.daySent} end, 0)`,
    })
    .from(waSessions)
    .leftJoin(waNumbers, eq(waNumbers.phone, waSessions.phone))
    .where(eq(waSessions.id, campaign.waSessionId));
  const points = wallet ?? { balance: 0, held: 0, active: false };
  const available = points.balance - points.held;
  const missing = missingPoints(need, points);
  const limit = caps.recipientsPerCampaign;

  const problems: { code: RefusalCode; sentence: string }[] = [];
  const refuse = (code: RefusalCode, details = {}) =>
    problems.push({ code, sentence: refusals[code].message(details) });
  if (session?.status !== "linked" && session?.status !== "reconnecting") refuse("session_not_linked");
  if (!points.active) refuse("plan_expired");
  if (sendable === 0) refuse("no_recipients");
  if (sendable > limit) refuse("too_many_recipients", { limit, count: sendable });
  if (missing > 0) refuse("insufficient_points", { need, available, missing });

  return {
    recipients: audience.length,
    sendable,
    excluded: {
      no_consent: count("no_consent"),
      opted_out: count("opted_out"),
      not_on_whatsapp: count("not_on_whatsapp"),
    },
    numbers: await readChecks(tx, userId, { sessionId: campaign.waSessionId, contactListId: campaign.contactListId }),
    missingValues: missingValues(campaign.templateText, audience),
    points: { need, available, missing },
    capPerCampaign: limit,
    leftToday: Math.max(0, caps.messagesPerDay - (session?.sentToday ?? 0)),
    session: session ? { status: session.status, phone: session.phone } : null,
    problems,
  };
}

/**
 * Asks WhatsApp which people of a draft have an account, before anything is sent.
 * @throws not_found, wrong_state once it was started, session_not_linked, session_busy
 */
export async function checkCampaignNumbers(tx: Db, userId: Id<"user">, input: { id: string }) {
  const { status, waSessionId, contactListId } = await getOwnCampaign(tx, userId, input.id);
  if (status !== "draft") throw new DomainError("wrong_state", { status });
  return checkNumbers(tx, userId, { sessionId: waSessionId, contactListId });
}

function missingValues(template: string, audience: Awaited<ReturnType<typeof readAudience>>) {
  return templateVariables(template)
    .map((variable) => ({
      variable,
      count: audience.filter(
        (recipient) => recipient.verdict === "queued" && !templateValues(recipient).get(variable)?.trim(),
      ).length,
    }))
    .filter((missing) => missing.count > 0);
}
