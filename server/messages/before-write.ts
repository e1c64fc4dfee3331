import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages, waNumbers } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { publish } from "../events.ts";
import { isOpen } from "../schedules/rules.ts";
import type { ClaimedMessage } from "./claim.ts";
import { keepEncoded, type Owner } from "./gate.ts";
import { moveMessage } from "./move.ts";
import { FAILURES_BEFORE_PAUSE, transportRetryMs } from "./rules.ts";

/**
 * The last look before the frame is written: lease, hours, pause, consent and opt-out once more. Keeps the encoded message,
 * so that whoever must repeat it sends the very same.
 * @param alias the person's other identity, if WhatsApp told one: it may be on its way to the database still
 * @returns whether it may be written now; if not, the message is where it belongs
 */
export async function confirmWrite(
  db: Db,
  owner: Owner,
  message: ClaimedMessage,
  encoded: Buffer,
  alias: string | null = null,
): Promise<boolean> {
  const gate = await keepEncoded(db, owner, { id: message.id, encoded, alias, redrive: message.redrive });
  if (gate?.planActive && isOpen(gate.hours, gate.appNow)) return true;
  if (!message.redrive) await backToQueue(db, owner, message);
  return false;
}

/** Returns a claimed message that was certainly not written: nothing is counted, the next claim judges it anew. */
export async function backToQueue(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  await db.transaction((tx) => giveBack(tx, owner, message));
}

/** @returns whether it was still this owner's to give back */
async function giveBack(tx: Db, owner: Owner, message: ClaimedMessage): Promise<boolean> {
  const ofSession = sql`${waNumbers.phone} = (select phone from wa_sessions where id = ${owner.sessionId})`;
  // Numbers are locked before campaigns, as a claim does.
  await tx.select({ phone: waNumbers.phone }).from(waNumbers).where(ofSession).for("no key update");
  if (!(await requeue(tx, owner, message, {}))) return false;
  await tx
    .update(waNumbers)
    .set({ daySent: sql`greatest(0, ${waNumbers.daySent} - 1)` })
    .where(ofSession);
  return true;
}

/**
 * The file of a message could not be given to WhatsApp. It would be the same for every recipient: the message goes back to
 * the queue and its campaign is paused, for somebody to look and to resume. A test has nobody to resume it, and fails.
 */
export async function pauseForMedia(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  const { campaignId, userId } = message;
  if (campaignId === null) {
    return endBeforeWrite(db, owner, message, { to: "failed", points: "release", errorCode: "media" });
  }
  await db.transaction(async (tx) => {
    if (!(await giveBack(tx, owner, message))) return;
    const paused = await tx
      .update(campaigns)
      .set({ status: "paused", pauseReason: "media" })
      .where(and(eq(campaigns.id, campaignId), eq(campaigns.status, "running")))
      .returning({ id: campaigns.id });
    if (paused.length === 0) return;
    await recordAudit(tx, userId, "campaign.paused", { campaignId, reason: "media" });
    await publish(tx, userId, "campaign", campaignId);
  });
}

/**
 * Queues a claimed row again; in a campaign that was cancelled meanwhile it is cancelled with the rest, and to a person who
 * opted out, or is without consent or gone meanwhile, it is skipped like everything that was queued then.
 */
async function requeue(
  tx: Db,
  owner: Owner,
  message: ClaimedMessage,
  also: { notBefore?: SQL; transportErrors?: number },
): Promise<boolean> {
  const campaign = await lockCampaign(tx, message);
  const back = await tx
    .update(messages)
    .set({
      status: "queued",
      submissions: 0,
      sendingEpoch: null,
      sendingAt: null,
      redriveAt: null,
      encoded: null,
      ...also,
    })
    .where(mine(owner, message))
    .returning({ overtaken });
  const errorCode = back[0]?.overtaken;
  if (back.length > 0 && campaign?.status === "cancelling") {
    await moveMessage(tx, message.id, { from: "queued", to: "cancelled", points: "release", errorCode: "cancelled" });
  } else if (errorCode) {
    await moveMessage(tx, message.id, { from: "queued", to: "skipped", points: "release", errorCode });
  }
  return back.length > 0;
}

/** SQL: why a message is not wanted any more, though it was when it was claimed; null when it is. */
const overtaken = sql<string | null>`case
  when messages.kind = 'opt_out' and not is_suppressed(messages.user_id, messages.recipient_key) then 'opted_in'
  when messages.kind = 'opt_out' then null
  when is_suppressed(messages.user_id, messages.recipient_key) then 'opted_out'
  when exists (select 1 from contacts c where c.user_id = messages.user_id and c.id = messages.contact_id and not c.consent) then 'no_consent'
  when messages.kind = 'campaign' and messages.recipient_key not like 'group:%'
   and not exists (select 1 from contacts c where c.user_id = messages.user_id and c.id = messages.contact_id) then 'contact_removed' end`;

/**
 * A transport error that was certainly before the write: the row waits 30, 60, 120 s and then fails. Three rows in a row
 * that end so pause their campaign.
 */
export async function failBeforeWrite(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  await db.transaction(async (tx) => {
    const campaign = await lockCampaign(tx, message);
    const [row] = await tx.select().from(messages).where(mine(owner, message)).for("no key update");
    if (!row) return;
    const errors = row.transportErrors + 1;
    const retryMs = transportRetryMs(errors);
    if (retryMs !== null) {
      await requeue(tx, owner, message, {
        transportErrors: errors,
        notBefore: sql`now() + ${retryMs} * interval '1 millisecond'`,
      });
      return;
    }
    // Before the row ends: it may be the campaign's last, and what is completed is not paused.
    if (campaign) await countFailure(tx, campaign);
    await moveMessage(tx, row.id, { from: "sending", to: "failed", points: "release", errorCode: "transport" });
  });
}

async function countFailure(tx: Db, campaign: typeof campaigns.$inferSelect): Promise<void> {
  const failures = campaign.consecutiveFailures + 1;
  const pause = failures >= FAILURES_BEFORE_PAUSE && campaign.status === "running";
  await tx
    .update(campaigns)
    .set({
      consecutiveFailures: failures,
      ...(pause ? { status: "paused" as const, pauseReason: "failures" as const } : {}),
    })
    .where(eq(campaigns.id, campaign.id));
}

/** The recipient has no WhatsApp: the row fails by itself and says nothing about the connection. */
export function failUnreachable(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  return endBeforeWrite(db, owner, message, { to: "failed", points: "release", errorCode: "not_on_whatsapp" });
}

/**
 * Somebody in the group asked not to be messaged: what is written to the group would reach them. What may have been written
 * before is not repeated, and waits for its fact.
 */
export function leaveGroupOut(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  const errorCode = "member_opted_out";
  if (message.redrive) return endBeforeWrite(db, owner, message, { to: "unknown", points: "keep", errorCode });
  return endBeforeWrite(db, owner, message, { to: "skipped", points: "release", errorCode });
}

/** This phone is not in the group any more. */
export function failOutsideGroup(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  return endBeforeWrite(db, owner, message, { to: "failed", points: "release", errorCode: "not_in_group" });
}

/** Ends a claimed row that this owner has not written. */
async function endBeforeWrite(
  db: Db,
  owner: Owner,
  message: ClaimedMessage,
  end: { to: "failed" | "skipped" | "unknown"; points: "release" | "keep"; errorCode: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockCampaign(tx, message);
    const [row] = await tx.select({ id: messages.id }).from(messages).where(mine(owner, message)).for("no key update");
    if (row) await moveMessage(tx, row.id, { from: "sending", ...end });
  });
}

/** Every transaction locks the campaign before its message. */
async function lockCampaign(
  tx: Db,
  { campaignId }: ClaimedMessage,
): Promise<typeof campaigns.$inferSelect | undefined> {
  if (campaignId === null) return undefined;
  const [campaign] = await tx.select().from(campaigns).where(eq(campaigns.id, campaignId)).for("no key update");
  return campaign;
}

/** The row as this owner claimed it: an owner whose lease passed on changes nothing. */
function mine(owner: Owner, message: { id: Id<"message"> }) {
  return and(eq(messages.id, message.id), eq(messages.status, "sending"), eq(messages.sendingEpoch, owner.epoch));
}
