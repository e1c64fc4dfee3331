import { and, asc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages, waNumbers, waSessions } from "#db/schema/index.ts";
import { finishWhenDone, pauseCampaignsOfSession } from "../campaigns/pause.ts";
import { throttleInForce } from "../campaigns/rules.ts";
import { isSuppressed } from "../contacts/suppression.ts";
import type { Caps } from "../env.ts";
import { isOpen } from "../schedules/rules.ts";
import { release } from "../wallet/ledger.ts";
import { type Gate, type Owner, readGate } from "./gate.ts";
import { redriveDelayMs } from "./rules.ts";

export interface ClaimedMessage {
  id: Id<"message">;
  userId: Id<"user">;
  campaignId: Id<"campaign">;
  recipientKey: string;
  text: string;
  waMsgId: string;
  /** The encrypted message of an earlier submission; null at the first. */
  encoded: Buffer | null;
  redrive: boolean;
}

export type Claim =
  | { type: "send"; message: ClaimedMessage }
  /** Something waits, but not yet: look again after so many milliseconds. */
  | { type: "wait"; ms: number }
  | { type: "idle" }
  /** This process does not own the session any more, or it is not linked. */
  | { type: "lost" };

export interface ClaimLimits {
  caps: Caps;
  ackTimeoutMs: number;
  /** 0..1, uniform: where between the shortest and the longest wait the next send falls. */
  chance: number;
}

const LOOK_AGAIN_MS = 60_000;

/**
 * Takes the next message of a session, in one transaction that checks everything that may forbid it: lease and epoch,
 * plan, hours, pacing, daily cap, campaign, opt-out. Pacing and the daily count are part of the claim, so that neither a
 * crash loop nor downtime can burst. Re-drives come first, under their old id.
 */
export function claimNext(db: Db, owner: Owner, limits: ClaimLimits): Promise<Claim> {
  return db.transaction(async (tx) => {
    const gate = await readGate(tx, owner, { lock: true });
    if (!gate) return { type: "lost" };
    if (gate.pacingMs > 0) return { type: "wait", ms: gate.pacingMs };
    if (!gate.planActive) {
      await pauseCampaignsOfSession(tx, owner.sessionId, "plan_expired");
      return { type: "idle" };
    }
    if (!isOpen(gate.hours, gate.appNow)) return { type: "wait", ms: LOOK_AGAIN_MS };
    const redrive = await takeRedrive(tx, owner, limits);
    if (redrive) return { type: "send", message: redrive };
    if (gate.sentToday >= limits.caps.messagesPerDay) return { type: "wait", ms: LOOK_AGAIN_MS };
    const fresh = await takeQueued(tx, owner, gate, limits);
    if (fresh) return { type: "send", message: fresh };
    return nextDue(tx, owner);
  });
}

async function takeRedrive(tx: Db, owner: Owner, limits: ClaimLimits): Promise<ClaimedMessage | null> {
  const [due] = await tx
    .select({ id: messages.id, campaignId: campaigns.id })
    .from(messages)
    .innerJoin(campaigns, and(eq(campaigns.id, messages.campaignId), eq(campaigns.status, "running")))
    .where(
      sql`${messages.waSessionId} = ${owner.sessionId} and ${messages.status} = 'sending'
        and (${messages.sendingEpoch} < ${owner.epoch} or ${messages.redriveAt} <= now())`,
    )
    .orderBy(asc(messages.sendingAt))
    .limit(1);
  if (!due) return null;
  const campaign = await lockRunning(tx, due.campaignId);
  if (!campaign) return null;
  const [row] = await tx
    .select({ message: messages, suppressed: suppressed() })
    .from(messages)
    .where(and(eq(messages.id, due.id), eq(messages.status, "sending")))
    .for("no key update", { of: messages });
  if (!row) return null;
  if (row.suppressed) {
    // It may have been written: it can neither be sent again nor be called unsent. Its hold stays until a fact or the user decides.
    await tx
      .update(messages)
      .set({ status: "unknown", errorCode: "opted_out", redriveAt: null })
      .where(eq(messages.id, due.id));
    await finishWhenDone(tx, campaign.id);
    return null;
  }
  await pace(tx, owner, campaign, limits);
  return submit(tx, owner, row.message, campaign.id, limits, true);
}

async function takeQueued(tx: Db, owner: Owner, gate: Gate, limits: ClaimLimits): Promise<ClaimedMessage | null> {
  const running = await tx
    .select({ id: campaigns.id })
    .from(campaigns)
    .where(and(eq(campaigns.waSessionId, owner.sessionId), eq(campaigns.status, "running")))
    .orderBy(asc(campaigns.id));
  for (const { id } of running) {
    const campaign = await lockRunning(tx, id);
    if (!campaign) continue;
    for (;;) {
      const [row] = await tx
        .select({ message: messages, suppressed: suppressed() })
        .from(messages)
        .where(
          // An open `sending` row blocks its own chat: a message that may have been written comes first there.
          sql`${messages.campaignId} = ${id} and ${messages.status} = 'queued' and ${messages.notBefore} <= now()
            and not exists (select 1 from messages o where o.wa_session_id = ${owner.sessionId}
              and o.recipient_key = ${messages.recipientKey} and o.status = 'sending')`,
        )
        .orderBy(asc(messages.notBefore), asc(messages.id))
        .limit(1)
        .for("no key update", { of: messages, skipLocked: true });
      if (!row) break;
      if (row.suppressed) {
        await skip(tx, row.message, campaign.id);
        continue;
      }
      await pace(tx, owner, campaign, limits);
      await countToday(tx, gate);
      return submit(tx, owner, row.message, campaign.id, limits, false);
    }
  }
  return null;
}

type CampaignRow = typeof campaigns.$inferSelect;
type MessageRow = typeof messages.$inferSelect;

const suppressed = () => isSuppressed(sql`${messages.userId}`, sql`${messages.recipientKey}`);

async function lockRunning(tx: Db, id: Id<"campaign">): Promise<CampaignRow | undefined> {
  const [campaign] = await tx
    .select()
    .from(campaigns)
    .where(and(eq(campaigns.id, id), eq(campaigns.status, "running")))
    .for("no key update");
  return campaign;
}

async function submit(
  tx: Db,
  owner: Owner,
  row: MessageRow,
  campaignId: Id<"campaign">,
  limits: ClaimLimits,
  redrive: boolean,
): Promise<ClaimedMessage> {
  const submissions = row.submissions + 1;
  const delayMs = redriveDelayMs(submissions, limits.ackTimeoutMs);
  await tx
    .update(messages)
    .set({
      status: "sending",
      submissions,
      sendingEpoch: owner.epoch,
      sendingAt: sql`coalesce(${messages.sendingAt}, now())`,
      redriveAt: sql`now() + ${delayMs} * interval '1 millisecond'`,
    })
    .where(eq(messages.id, row.id));
  const { id, userId, recipientKey, waMsgId, encoded } = row;
  return { id, userId, campaignId, recipientKey, waMsgId, encoded, text: row.resolvedText ?? "", redrive };
}

async function pace(tx: Db, owner: Owner, campaign: CampaignRow, limits: ClaimLimits): Promise<void> {
  const { minMs, maxMs } = throttleInForce(
    { minMs: campaign.throttleMinMs, maxMs: campaign.throttleMaxMs },
    limits.caps.throttleFloorMs,
  );
  const waitMs = minMs + limits.chance * (maxMs - minMs);
  await tx
    .update(waSessions)
    .set({ nextSendAt: sql`now() + ${waitMs} * interval '1 millisecond'` })
    .where(eq(waSessions.id, owner.sessionId));
}

async function countToday(tx: Db, gate: Gate): Promise<void> {
  await tx
    .update(waNumbers)
    .set({
      daySent: sql`case when ${waNumbers.day} = ${gate.today}::date then ${waNumbers.daySent} + 1 else 1 end`,
      day: gate.today,
    })
    .where(eq(waNumbers.phone, gate.phone));
}

async function skip(tx: Db, row: MessageRow, campaignId: Id<"campaign">): Promise<void> {
  await tx
    .update(messages)
    .set({ status: "skipped", errorCode: "opted_out", endedAt: sql`now()` })
    .where(eq(messages.id, row.id));
  await tx
    .update(campaigns)
    .set({ holdOpen: sql`${campaigns.holdOpen} - ${row.pricePoints}` })
    .where(eq(campaigns.id, campaignId));
  await release(tx, row.userId, row.pricePoints);
  await finishWhenDone(tx, campaignId);
}

/** When the next re-drive or retry is due. */
async function nextDue(tx: Db, owner: Owner): Promise<Claim> {
  const [due] = await tx.execute<{ ms: number | null }>(sql`
    select (extract(epoch from min(case when m.status = 'sending' then m.redrive_at else m.not_before end) - now()) * 1000)::float8 as ms
      from messages m join campaigns c on c.id = m.campaign_id and c.status = 'running'
     where m.wa_session_id = ${owner.sessionId} and m.status in ('sending', 'queued')`);
  if (due?.ms == null) return { type: "idle" };
  return { type: "wait", ms: Math.max(due.ms, 50) };
}
