import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { messages } from "#db/schema/index.ts";
import { noteOutbound } from "../inbox/note.ts";
import type { SessionKeys } from "../keys/seal.ts";
import { holdPoints } from "../wallet/hold.ts";
import { waMsgId } from "./wa-msg-id.ts";

/** What goes to one person and belongs to no campaign. */
export interface Answer {
  kind: "opt_out" | "auto_reply" | "manual";
  userId: Id<"user">;
  waSessionId: Id<"waSession">;
  /** The chat it goes to, canonical ("pn:+62…", "lid:…"). */
  to: string;
  contact: { id: Id<"contact">; name: string } | null;
  text: string;
  mediaId: Id<"media"> | null;
  /** What it answers; null when somebody wrote of their own accord. */
  inboundId: Id<"inboundMessage"> | null;
  pricePoints: number;
  /** In how many seconds it is left out if it has not gone; null: in 24 hours. */
  livesSeconds: number | null;
  /** In how many seconds it may go at the earliest; left out: at once. */
  waitsSeconds?: number;
  /** Of what a person wrote by hand: the same key twice is refused by the database. */
  replyKey?: string;
}

/**
 * Queues an answer and wakes the phone's pump: it goes before campaigns and without their pause, inside hours and the day's
 * cap like everything.
 * @param tx holds no lock that comes after the session
 * @throws plan_expired, insufficient_points when it costs something
 */
export async function queueAnswer(tx: Db, sessionKeys: SessionKeys, answer: Answer): Promise<Id<"message">> {
  await beginAnswers(tx, answer);
  const id = await insertAnswer(tx, sessionKeys, answer);
  if (answer.pricePoints > 0) await holdPoints(tx, answer.userId, answer.pricePoints);
  return id;
}

/**
 * The first step of queueing answers to somebody, for who locks something of his own before the wallet: takes the session and
 * the conversation, and wakes the pump.
 */
export async function beginAnswers(tx: Db, to: Pick<Answer, "userId" | "waSessionId" | "to">): Promise<void> {
  // The session first, as in every transaction.
  await tx.execute(sql`select book_pump(${to.waSessionId})`);
  await noteOutbound(tx, to);
}

/** The second: the message itself. Its points are not held yet: that comes last, for all that are queued together. */
export async function insertAnswer(
  tx: Db,
  sessionKeys: SessionKeys,
  { to, contact, text, livesSeconds, waitsSeconds = 0, ...answer }: Answer,
): Promise<Id<"message">> {
  const id = newId("message");
  await tx.insert(messages).values({
    ...answer,
    id,
    campaignId: null,
    contactId: contact?.id ?? null,
    recipientKey: to,
    recipientName: contact?.name ?? "",
    resolvedText: text,
    waMsgId: waMsgId(id, sessionKeys.current.key),
    notBefore: sql`now() + ${waitsSeconds} * interval '1 second'`,
    expiresAt: livesSeconds === null ? null : sql`app_now() + ${livesSeconds} * interval '1 second'`,
  });
  return id;
}
