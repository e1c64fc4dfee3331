import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { endPlanOfSession } from "../billing/plans/end.ts";
import type { Caps } from "../env.ts";
import { nextOpening } from "../schedules/rules.ts";
import { type Gate, gateRow, mayLeave, type Owner, readGate } from "./gate.ts";
import { type MessageKind, messageKinds, redriveDelaysMs } from "./rules.ts";

export interface ClaimedMessage {
  id: Id<"message">;
  userId: Id<"user">;
  /** Null of what belongs to no campaign, such as the confirmation of an opt-out. */
  campaignId: Id<"campaign"> | null;
  kind: MessageKind;
  recipientKey: string;
  text: string;
  /** The file that goes with the text, as its caption. */
  mediaId: Id<"media"> | null;
  waMsgId: string;
  /** The Signal session of this chat must be made anew first: an earlier message to it was given up unanswered. */
  rebuild: boolean;
  /** The encrypted message of an earlier submission; null at the first. */
  encoded: Buffer | null;
  redrive: boolean;
  /** How long nothing of a campaign may follow it, counted from its write. */
  pauseMs: number;
  /**
   * On the monotonic clock: when all was looked at that is looked at before a write, and what was ready was kept. Null: it was
   * not ready, or may not be written.
   */
  lookedAt: number | null;
}

/** What will be claimed soon, unless something comes before it: so that its claim can be the last look before its write. */
export interface ReadyMessage {
  id: Id<"message">;
  /** The encoded message, encrypted. */
  sealed: Buffer;
  /** The person's other identity, if WhatsApp told one. */
  alias: string | null;
}

export type Claim =
  /** More than one only of what was ready, and where no pause has to be kept between them. In the order of their writes. */
  | { type: "send"; messages: [ClaimedMessage, ...ClaimedMessage[]] }
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
  /** As it was a moment ago, to spare the look: the write looks again in any case. */
  gate?: Gate | undefined;
  /** In the order of their claims. */
  ready?: readonly ReadyMessage[];
}

const LOOK_AGAIN_MS = 60_000;

const sendRow = z.object({
  outcome: z.literal("send"),
  encoded: z.instanceof(Buffer).nullable(),
  gate: gateRow.nullable(),
  message: z.object({
    id: z.templateLiteral(["msg_", z.string()]),
    userId: z.templateLiteral(["usr_", z.string()]),
    campaignId: z.templateLiteral(["cmp_", z.string()]).nullable(),
    kind: z.enum(messageKinds),
    recipientKey: z.string(),
    text: z.string().nullable(),
    mediaId: z.templateLiteral(["med_", z.string()]).nullable(),
    waMsgId: z.string(),
    redrive: z.boolean(),
    rebuild: z.boolean(),
    pauseMs: z.number(),
  }),
});

const claimRow = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("lost") }),
  z.object({ outcome: z.literal("idle") }),
  z.object({ outcome: z.literal("wait"), wait_ms: z.number() }),
  sendRow,
]);

/** @param askedAt when its claim was asked for, on the monotonic clock */
function toClaimed({ message, encoded, gate }: z.infer<typeof sendRow>, askedAt: number): ClaimedMessage {
  const lookedAt = gate !== null && mayLeave(gate) ? askedAt : null;
  return { ...message, text: message.text ?? "", encoded, lookedAt };
}

/**
 * Takes the next message of a session. Plan and hours are looked at first (and again before the write); lease and epoch,
 * pacing, daily cap, campaign and opt-out are checked in the transaction that takes the message (`claim_message`). Pacing
 * and the daily count are part of it, so that neither a crash loop nor downtime can burst. What belongs to no campaign comes
 * first and does not wait for its turn; hours, plan and the daily cap hold for it too. Of what is ready the
 * claim is the last look before the write as well (as `confirmWrite`), one transaction instead of two.
 */
export async function claimNext(
  db: Db,
  owner: Owner,
  { caps, ackTimeoutMs, chance, ready = [], ...known }: ClaimLimits,
): Promise<Claim> {
  const gate = known.gate ?? (await readGate(db, owner));
  if (!gate) return { type: "lost" };
  if (!gate.planActive) {
    await endPlanOfSession(db, owner.sessionId);
    return { type: "idle" };
  }
  if (!mayLeave(gate)) {
    const opens = nextOpening(gate.hours, gate.appNow)?.getTime() ?? Number.POSITIVE_INFINITY;
    return { type: "wait", ms: Math.min(LOOK_AGAIN_MS, opens - gate.appNow.getTime()) };
  }
  const askedAt = performance.now();
  const [row, ...others] = await db.execute(sql`
    select * from claim_message(${owner.sessionId}, ${owner.workerId}, ${owner.epoch}, ${caps.messagesPerDay}, ${caps.throttleFloorMs},
      ${chance}::float8, ${sql.param(redriveDelaysMs(ackTimeoutMs))}::int[],
${sql.param(ready.map(({ id }) => id))}::text[], ${sql.param(ready.map(({ sealed }) => sealed.toString("base64")))}::text[],
      ${sql.param(ready.map(({ alias }) => alias))}::text[])`);
  const claim = claimRow.parse(row);
  switch (claim.outcome) {
    case "send":
      return {
        type: "send",
        messages: [toClaimed(claim, askedAt), ...others.map((other) => toClaimed(sendRow.parse(other), askedAt))],
      };
    case "wait":
      return { type: "wait", ms: claim.wait_ms };
    case "idle":
    case "lost":
      return { type: claim.outcome };
  }
}
