import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages, wallets } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { finishWhenDone, pauseCampaignsOfSession } from "../campaigns/pause.ts";
import { book, release } from "../wallet/ledger.ts";
import { accountCodes, applyFactTo, type Fact } from "./rules.ts";

type MessageRow = Pick<
  typeof messages.$inferSelect,
  "id" | "userId" | "campaignId" | "status" | "pricePoints" | "waSessionId"
>;
type Outcome = NonNullable<ReturnType<typeof applyFactTo>>;

/**
 * Applies what WhatsApp said of a message: status, charge and hold in one transaction. A fact is true whoever owns the
 * session by now, so it is not fenced; a repeated or late one changes nothing.
 * @returns whose screen to tell, or null when nothing changed
 */
export async function applyFact(
  db: Db,
  input: { waSessionId: Id<"waSession">; waMsgId: string; fact: Fact },
): Promise<{ userId: Id<"user">; campaignId: Id<"campaign"> | null } | null> {
  const { waSessionId, waMsgId, fact } = input;
  const known = and(eq(messages.waSessionId, waSessionId), eq(messages.waMsgId, waMsgId));
  const [found] = await db
    .select({ campaignId: messages.campaignId, userId: messages.userId })
    .from(messages)
    .where(known);
  if (!found) return null;
  const changed = await db.transaction(async (tx) => {
    if (found.campaignId) {
      await tx
        .select({ id: campaigns.id })
        .from(campaigns)
        .where(eq(campaigns.id, found.campaignId))
        .for("no key update");
    }
    const [message] = await tx.select().from(messages).where(known).for("no key update");
    const outcome = message && applyFactTo(message.status, fact);
    if (!message || !outcome) return false;
    await writeFact(tx, message, fact, outcome);
    await movePoints(tx, message, outcome);
    if (message.campaignId && outcome.points !== "keep") await finishWhenDone(tx, message.campaignId);
    return true;
  });
  if (fact.type === "nack" && accountCodes.has(fact.code)) {
    await pauseCampaignsOfSession(db, waSessionId, fact.code === 401 ? "logged_out" : "restricted");
  }
  return changed ? found : null;
}

async function writeFact(tx: Db, message: MessageRow, fact: Fact, outcome: Outcome): Promise<void> {
  const now = sql`now()`;
  const accepted = {
    sentAt: sql`coalesce(${messages.sentAt}, now())`,
    errorCode: null,
    redriveAt: null,
    endedAt: null,
  };
  const values = {
    ack: accepted,
    delivered: { ...accepted, deliveredAt: now },
    read: { ...accepted, deliveredAt: sql`coalesce(${messages.deliveredAt}, now())`, readAt: now },
    nack: { errorCode: fact.type === "nack" ? String(fact.code) : null, redriveAt: null, endedAt: now },
  }[fact.type];
  await tx
    .update(messages)
    .set({ status: outcome.status, ...values })
    .where(eq(messages.id, message.id));
}

/** Charges an accepted message, or gives back the hold of a refused one. */
async function movePoints(tx: Db, message: MessageRow, outcome: Outcome): Promise<void> {
  const points = message.pricePoints;
  if (outcome.points === "keep" || points === 0) return;
  const held = outcome.points === "settle_late" ? 0 : points;
  if (message.campaignId) {
    await tx
      .update(campaigns)
      .set({
        holdOpen: sql`${campaigns.holdOpen} - ${held}`,
        ...(outcome.points === "settle" ? { consecutiveFailures: 0 } : {}),
      })
      .where(eq(campaigns.id, message.campaignId));
  }
  if (outcome.points === "release") return release(tx, message.userId, points);
  if (outcome.points === "settle_late" && !(await canPay(tx, message.userId, points))) {
    await tx.update(messages).set({ uncharged: true }).where(eq(messages.id, message.id));
    return recordAudit(tx, message.userId, "message.uncharged", { messageId: message.id, points });
  }
  await book(tx, message.userId, { type: "deduct", points: -points, released: held, refId: `msg:${message.id}` });
  await tx.update(messages).set({ costPoints: points }).where(eq(messages.id, message.id));
}

async function canPay(tx: Db, userId: Id<"user">, points: number): Promise<boolean> {
  const [wallet] = await tx.select().from(wallets).where(eq(wallets.userId, userId)).for("no key update");
  return wallet !== undefined && wallet.balance - wallet.held >= points;
}
