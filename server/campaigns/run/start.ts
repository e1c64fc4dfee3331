import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, messages, wallets, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { keepErasuresOut } from "../../contacts/lock.ts";
import type { Env } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { waMsgId } from "../../messages/wa-msg-id.ts";
import { reserve } from "../../wallet/ledger.ts";
import { missingPoints, POINTS_PER_MESSAGE } from "../../wallet/rules.ts";
import { getOwnLists, type Recipient, readAudience } from "../draft/audience.ts";
import { lockAsking, recordAsked } from "../draft/confirmation.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { groupProblem, readGroupChat } from "../draft/group-chat.ts";
import { renderTemplate, templateValues } from "../rules.ts";

type StartEnv = Pick<Env, "caps" | "sessionKeys">;

/**
 * Starts a draft, in one transaction: fixes the recipients with their texts and price, lists who is left out and why,
 * keeps who is asked to confirm, holds the points, and books the pump.
 * @throws wrong_state, session_not_linked, plan_expired, insufficient_points, what `readAudience` throws, and
 * no_group_chat, group_chat_phone or member_opted_out for a group's chat
 */
export async function startCampaign(tx: Db, env: StartEnv, userId: Id<"user">, input: { id: string }): Promise<void> {
  const { waSessionId } = await getOwnCampaign(tx, userId, input.id);
  if (waSessionId === null) throw new DomainError("session_not_linked");
  await keepErasuresOut(tx, userId);
  await lockAsking(tx, userId);
  // Every transaction locks session, campaign, message, wallet, in this order.
  const [session] = await tx
    .select({ status: waSessions.status })
    .from(waSessions)
    .where(and(eq(waSessions.id, waSessionId), eq(waSessions.userId, userId)))
    .for("no key update");
  const [campaign] = await tx
    .select()
    .from(campaigns)
    .where(and(eq(campaigns.id, input.id as Id<"campaign">), eq(campaigns.userId, userId)))
    .for("no key update");
  if (!campaign) throw new DomainError("not_found");
  if (campaign.status !== "draft") throw new DomainError("wrong_state", { status: campaign.status });
  if (session?.status !== "linked" && session?.status !== "reconnecting") throw new DomainError("session_not_linked");

  const recipients = await readRecipients(tx, env, campaign);
  const reached = recipients.filter(({ verdict }) => verdict === "queued");
  const sendable = reached.length;
  await insertRecipients(tx, env, { ...campaign, waSessionId }, recipients);
  if (campaign.purpose === "confirmation") {
    const asked = reached.flatMap(({ contactId }) => (contactId ? [contactId] : []));
    await recordAsked(tx, userId, asked, campaign.templateText);
  }
  await holdPoints(tx, userId, sendable * POINTS_PER_MESSAGE);
  await tx
    .update(campaigns)
    .set({
      status: "running",
      total: recipients.length,
      holdOpen: sendable * POINTS_PER_MESSAGE,
      startedAt: sql`now()`,
    })
    .where(and(eq(campaigns.id, campaign.id), eq(campaigns.status, "draft")));
  await tx.execute(sql`select book_pump(${waSessionId})`);
  await recordAudit(tx, userId, "campaign.started", {
    campaignId: campaign.id,
    purpose: campaign.purpose,
    audience: campaign.audience,
    recipients: sendable,
    points: sendable * POINTS_PER_MESSAGE,
  });
  await publish(tx, userId, "campaign", campaign.id);
}

type Campaign = typeof campaigns.$inferSelect;

async function readRecipients(tx: Db, env: StartEnv, campaign: Campaign): Promise<Recipient[]> {
  const { userId, audience, purpose, listIds } = campaign;
  if (audience === "list") {
    const lists = await getOwnLists(tx, userId, listIds);
    if (purpose === "confirmation" && !lists.every(({ doubleOptIn }) => doubleOptIn)) {
      throw new DomainError("no_double_opt_in");
    }
    return readAudience(tx, userId, campaign, env.caps.recipientsPerCampaign);
  }
  const chat = await readGroupChat(tx, userId, campaign);
  const problem = groupProblem(chat);
  if (problem) throw new DomainError(problem.code, problem.details);
  const { recipientKey, name } = chat;
  return [{ contactId: null, recipientKey, name, phoneE164: "", attributes: {}, verdict: "queued" }];
}

async function insertRecipients(
  tx: Db,
  env: StartEnv,
  campaign: Campaign & { waSessionId: Id<"waSession"> },
  recipients: Recipient[],
): Promise<void> {
  const rows = recipients.map((recipient) => {
    const id = newId("message");
    const leftOut = recipient.verdict !== "queued";
    return {
      id,
      userId: campaign.userId,
      waSessionId: campaign.waSessionId,
      campaignId: campaign.id,
      contactId: recipient.contactId,
      kind: "campaign" as const,
      recipientKey: recipient.recipientKey,
      recipientName: recipient.name,
      mediaId: leftOut ? null : campaign.mediaId,
      resolvedText: leftOut ? null : renderTemplate(campaign.templateText, templateValues(recipient)),
      waMsgId: waMsgId(id, env.sessionKeys.current.key),
      status: leftOut ? ("skipped" as const) : ("queued" as const),
      errorCode: leftOut ? recipient.verdict : null,
      endedAt: leftOut ? new Date() : null,
      pricePoints: POINTS_PER_MESSAGE,
    };
  });
  const CHUNK = 1_000;
  for (let i = 0; i < rows.length; i += CHUNK) await tx.insert(messages).values(rows.slice(i, i + CHUNK));
}

async function holdPoints(tx: Db, userId: Id<"user">, need: number): Promise<void> {
  const [plan] = await tx
    .select({ active: sql<boolean>`${wallets.planExpiresAt} > app_now()` })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  if (!plan?.active) throw new DomainError("plan_expired");
  if (await reserve(tx, userId, need)) return;
  const [wallet] = await tx
    .select({ balance: wallets.balance, held: wallets.held })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  const { balance, held } = wallet ?? { balance: 0, held: 0 };
  throw new DomainError("insufficient_points", {
    need,
    available: balance - held,
    missing: missingPoints(need, { balance, held }),
  });
}
