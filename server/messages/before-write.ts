import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages, waNumbers } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { publish } from "../events.ts";
import { isSuppressedAs } from "../opt-outs/is-suppressed.ts";
import type { ClaimedMessage } from "./claim.ts";
import { keepEncoded, mayLeave, type Owner } from "./gate.ts";
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
  if (gate && mayLeave(gate)) return true;
  if (!message.redrive) await backToQueue(db, owner, message, alias);
  else if (alias !== null) await giveUpRedrive(db, owner, message, alias);
  return false;
}

/**
 * What may have been written before, to somebody of whom only WhatsApp's other name for them is known to have opted out: no
 * claim sees that, so each would hand it over again. What became of it stays unknown, as with every opt-out meanwhile.
 */
async function giveUpRedrive(db: Db, owner: Owner, message: ClaimedMessage, alias: string): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await lockClaim(tx, owner, message))) return;
    const [row] = await tx
      .select({ overtaken: overtakenOf(alias) })
      .from(messages)
      .where(eq(messages.id, message.id));
    if (row?.overtaken !== "opted_out") return;
    await moveMessage(tx, message.id, { from: "sending", to: "unknown", points: "keep", errorCode: "opted_out" });
  });
}

/**
 * Returns a claimed message that was certainly not written: nothing is counted, the next claim judges it anew.
 * @param alias as of `confirmWrite`: an opt-out that is known under it alone ends the message, for no claim would see it
 */
export async function backToQueue(
  db: Db,
  owner: Owner,
  message: ClaimedMessage,
  alias: string | null = null,
): Promise<void> {
  await db.transaction(async (tx) => {
    const claim = await lockClaim(tx, owner, message);
    if (claim) await requeue(tx, message, claim, { alias });
  });
}

/**
 * The file of a message could not be given to WhatsApp. It would be the same for every recipient: the message goes back to
 * the queue and its campaign is paused, for somebody to look and to resume. A test has nobody to resume it, and fails.
 */
export async function pauseForMedia(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  if (message.campaignId === null) {
    return endBeforeWrite(db, owner, message, { to: "failed", points: "release", errorCode: "media" });
  }
  await db.transaction(async (tx) => {
    const claim = await lockClaim(tx, owner, message);
    if (!claim) return;
    await requeue(tx, message, claim, {});
    if (claim.campaign && (await pause(tx, claim.campaign.id, "media"))) await tellPaused(tx, claim.campaign, "media");
  });
}

/** A row that this owner claimed and has not written, locked with all that is locked before it. */
interface HeldClaim {
  campaign: Campaign | undefined;
  transportErrors: number;
  /** The phone's count, and the phone's day on which the claim raised it. */
  counted: { phone: string; day: string } | undefined;
}
type Campaign = typeof campaigns.$inferSelect;

/** Numbers are locked before campaigns, as a claim does, and campaigns before messages; null when the row is not this owner's. */
async function lockClaim(tx: Db, owner: Owner, message: ClaimedMessage): Promise<HeldClaim | null> {
  const [number] = await tx
    .select({ phone: waNumbers.phone, tz: waNumbers.tz })
    .from(waNumbers)
    .where(sql`${waNumbers.phone} = (select phone from wa_sessions where id = ${owner.sessionId})`)
    .for("no key update");
  const campaign = await lockCampaign(tx, message);
  const [row] = await tx
    .select({
      transportErrors: messages.transportErrors,
      claimedOn: sql<string>`((${messages.sendingAt} + (app_now() - now())) at time zone ${number?.tz ?? "UTC"}::text)::date::text`,
    })
    .from(messages)
    .where(mine(owner, message))
    .for("no key update");
  if (!row) return null;
  const counted = number && { phone: number.phone, day: row.claimedOn };
  return { campaign, transportErrors: row.transportErrors, counted };
}

/** Nothing was written, so the phone's day has room for one more: the day of the claim, not one that began since. */
async function uncount(tx: Db, { counted }: HeldClaim): Promise<void> {
  if (!counted) return;
  await tx
    .update(waNumbers)
    .set({ daySent: sql`greatest(0, ${waNumbers.daySent} - 1)` })
    .where(and(eq(waNumbers.phone, counted.phone), eq(waNumbers.day, counted.day)));
}

/**
 * Queues a claimed row again; in a campaign that was cancelled meanwhile it is cancelled with the rest, and to a person who
 * opted out, or is without consent or gone meanwhile, it is skipped like everything that was queued then.
 */
async function requeue(
  tx: Db,
  message: ClaimedMessage,
  claim: HeldClaim,
  { alias = null, ...also }: { alias?: string | null; notBefore?: SQL; transportErrors?: number },
): Promise<void> {
  const [back] = await tx
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
    .where(eq(messages.id, message.id))
    .returning({ overtaken: overtakenOf(alias) });
  await uncount(tx, claim);
  const errorCode = back?.overtaken;
  if (claim.campaign?.status === "cancelling") {
    await moveMessage(tx, message.id, { from: "queued", to: "cancelled", points: "release", errorCode: "cancelled" });
  } else if (errorCode) {
    await moveMessage(tx, message.id, { from: "queued", to: "skipped", points: "release", errorCode });
  }
}

/** SQL: why a message is not wanted any more, though it was when it was claimed; null when it is. */
const overtakenOf = (alias: string | null) => sql<string | null>`case
  when messages.kind = 'opt_out' and not is_suppressed(messages.user_id, messages.recipient_key) then 'opted_in'
  when messages.kind = 'opt_out' then null
  when ${isSuppressedAs(sql`messages.user_id`, sql`array[messages.recipient_key, ${alias}::text]`)} then 'opted_out'
  when exists (select 1 from contacts c where c.user_id = messages.user_id and c.id = messages.contact_id and not c.consent) then 'no_consent'
  when messages.kind = 'campaign' and messages.recipient_key not like 'group:%'
   and not exists (select 1 from contacts c where c.user_id = messages.user_id and c.id = messages.contact_id) then 'contact_removed' end`;

/**
 * A transport error that was certainly before the write: the row waits 30, 60, 120 s and then fails; none of it counts to the
 * phone's day. Three rows in a row that end so pause their campaign.
 */
export async function failBeforeWrite(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  await db.transaction(async (tx) => {
    const claim = await lockClaim(tx, owner, message);
    if (!claim) return;
    const errors = claim.transportErrors + 1;
    const retryMs = transportRetryMs(errors);
    if (retryMs !== null) {
      await requeue(tx, message, claim, {
        transportErrors: errors,
        notBefore: sql`now() + ${retryMs} * interval '1 millisecond'`,
      });
      return;
    }
    await uncount(tx, claim);
    const { campaign } = claim;
    // Before the row ends: it may be the campaign's last, and what is completed is not paused.
    const paused = campaign && (await countFailure(tx, campaign));
    await moveMessage(tx, message.id, { from: "sending", to: "failed", points: "release", errorCode: "transport" });
    if (paused) await tellPaused(tx, campaign, "failures");
  });
}

/** @returns whether it was one too many, and the campaign is paused */
async function countFailure(tx: Db, { id, consecutiveFailures }: Campaign): Promise<boolean> {
  const failures = consecutiveFailures + 1;
  await tx.update(campaigns).set({ consecutiveFailures: failures }).where(eq(campaigns.id, id));
  return failures >= FAILURES_BEFORE_PAUSE && (await pause(tx, id, "failures"));
}

/** @returns whether it ran until now */
async function pause(tx: Db, id: Id<"campaign">, reason: "media" | "failures"): Promise<boolean> {
  const paused = await tx
    .update(campaigns)
    .set({ status: "paused", pauseReason: reason })
    .where(and(eq(campaigns.id, id), eq(campaigns.status, "running")))
    .returning({ id: campaigns.id });
  return paused.length > 0;
}

/** Writes down that a campaign was paused, and tells its user; not of one that has ended with the row that paused it. */
async function tellPaused(tx: Db, { id, userId }: Campaign, reason: "media" | "failures"): Promise<void> {
  const [paused] = await tx
    .select({ id: campaigns.id })
    .from(campaigns)
    .where(and(eq(campaigns.id, id), eq(campaigns.status, "paused")));
  if (!paused) return;
  await recordAudit(tx, userId, "campaign.paused", { campaignId: id, reason });
  await publish(tx, userId, "campaign", id);
}

/**
 * The recipient has no WhatsApp: the row fails by itself and says nothing about the connection. It counts to the phone's day:
 * WhatsApp was asked about the number, and campaigns are no way to ask about more than a day's.
 */
export function failUnreachable(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  const end = { to: "failed", points: "release", errorCode: "not_on_whatsapp" } as const;
  return endBeforeWrite(db, owner, message, { ...end, counts: true });
}

/**
 * Somebody in the group asked not to be messaged: what is written to the group would reach them. What may have been written
 * before is not repeated, and waits for its fact.
 */
export function leaveGroupOut(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  const errorCode = "member_opted_out";
  if (message.redrive) {
    return endBeforeWrite(db, owner, message, { to: "unknown", points: "keep", errorCode, counts: true });
  }
  return endBeforeWrite(db, owner, message, { to: "skipped", points: "release", errorCode });
}

/** This phone is not in the group any more. */
export function failOutsideGroup(db: Db, owner: Owner, message: ClaimedMessage): Promise<void> {
  return endBeforeWrite(db, owner, message, { to: "failed", points: "release", errorCode: "not_in_group" });
}

/** Ends a claimed row that this owner has not written. @param end.counts whether it stays in the count of the phone's day */
async function endBeforeWrite(
  db: Db,
  owner: Owner,
  message: ClaimedMessage,
  {
    counts = false,
    ...end
  }: { to: "failed" | "skipped" | "unknown"; points: "release" | "keep"; errorCode: string; counts?: boolean },
): Promise<void> {
  await db.transaction(async (tx) => {
    const claim = await lockClaim(tx, owner, message);
    if (!claim) return;
    if (!counts) await uncount(tx, claim);
    await moveMessage(tx, message.id, { from: "sending", ...end });
  });
}

/** Every transaction locks the campaign before its message. */
async function lockCampaign(tx: Db, { campaignId }: ClaimedMessage): Promise<Campaign | undefined> {
  if (campaignId === null) return undefined;
  const [campaign] = await tx.select().from(campaigns).where(eq(campaigns.id, campaignId)).for("no key update");
  return campaign;
}

/** The row as this owner claimed it: an owner whose lease passed on changes nothing. */
function mine(owner: Owner, message: { id: Id<"message"> }) {
  return and(eq(messages.id, message.id), eq(messages.status, "sending"), eq(messages.sendingEpoch, owner.epoch));
}
