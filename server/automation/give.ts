import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { autoReplies, autoRules, messages } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import type { SessionKeys } from "../keys/seal.ts";
import { beginAnswers, insertAnswer } from "../messages/queue-answer.ts";
import { textArray } from "../opt-outs/known-identities.ts";
import { nextClosing } from "../schedules/rules.ts";
import { holdPoints } from "../wallet/hold.ts";
import { dropWaiting } from "./breaker.ts";
import { type Answered, compose, stranger } from "./compose.ts";
import { ANSWERED_WITHIN_SECONDS, type Silence, turnOf } from "./rules.ts";
import { type Asked, type House, isGivenBack, type Rule } from "./situation.ts";

/** After an opening: whoever is answered later has long forgotten that they asked. */
const OPENING_LIVES_SECONDS = 3_600;

export interface GiveDeps {
  sessionKeys: SessionKeys;
  /** What an answer costs. */
  pricePoints: number;
}

/** A message that came in, and who wrote it. */
export type Inbound = Asked & {
  id: Id<"inboundMessage">;
  /** The chat it came in. */
  chat: string;
  contact: Answered | null;
};

/** A rule that is to answer. */
export interface Turn {
  rule: Rule;
  /** Null: at once. */
  at: Date | null;
  /** An answer of this rule that waits is taken back for this one. */
  again: boolean;
}

type Said = Turn & { text: string; mediaId: Id<"media"> | null };

/**
 * Queues the answers of these rules to one message, each once its rule's turn with the person is taken. What the points do
 * not reach for is left out, the last first.
 * @param tx holds the lock of the session, and none that comes after it
 * @returns of each rule why it says nothing; null when it answers
 */
export async function giveAnswers(
  tx: Db,
  deps: GiveDeps,
  inbound: Inbound,
  house: House,
  turns: readonly Turn[],
): Promise<Map<Id<"autoRule">, Silence | null>> {
  const outcome = new Map<Id<"autoRule">, Silence | null>();
  const said: Said[] = [];
  for (const turn of turns) {
    const { rule } = turn;
    const response = turnOf(rule.responses, rule.given);
    const composed = response && (await compose(tx, response, inbound.contact ?? stranger(inbound.known)));
    if (!composed) outcome.set(rule.id, "empty_text");
    else if ("problem" in composed) outcome.set(rule.id, composed.problem);
    else said.push({ ...turn, text: composed.text, mediaId: response.mediaId });
  }
  for (let n = said.length; n > 0; n -= 1) {
    try {
      const taken = await tx.transaction((step) => give(step, deps, inbound, house, said.slice(0, n)));
      for (const { rule } of said.slice(0, n)) outcome.set(rule.id, taken.has(rule.id) ? null : "cooldown");
      break;
    } catch (err) {
      // Turns are given back with the rest; what came in is kept, whatever the wallet says.
      if (!(err instanceof DomainError) || err.code !== "insufficient_points") throw err;
      for (const { rule } of said.slice(n - 1, n)) outcome.set(rule.id, "no_points");
    }
  }
  return outcome;
}

/** Conversation, cooldowns and rules, messages, wallet: in this order, and each of a kind before the first of the next. */
async function give(
  tx: Db,
  { sessionKeys, pricePoints }: GiveDeps,
  inbound: Inbound,
  house: House,
  said: readonly Said[],
): Promise<Set<Id<"autoRule">>> {
  const { userId, waSessionId, known, id: inboundId, chat, contact } = inbound;
  await beginAnswers(tx, { userId, waSessionId, to: chat });
  const taken = new Set<Id<"autoRule">>();
  // By id: two phones that answer one person wait for each other in the same order.
  for (const turn of said.toSorted((a, b) => (a.rule.id < b.rule.id ? -1 : 1))) {
    if (!(await takeTurn(tx, inbound, house, turn))) continue;
    taken.add(turn.rule.id);
    const { id } = turn.rule;
    await tx
      .update(autoRules)
      .set({ given: sql`${autoRules.given} + 1` })
      .where(eq(autoRules.id, id));
  }
  const answering = said.filter(({ rule }) => taken.has(rule.id));
  if (answering.some(({ at }) => at !== null)) {
    const theirs = sql`m.wa_session_id = ${waSessionId} and m.recipient_key = any(${textArray(known)})`;
    await dropWaiting(tx, theirs, "replaced");
  }
  for (const { rule, at, text, mediaId } of answering) {
    const answer = { kind: "auto_reply", userId, waSessionId, to: chat, contact, text, mediaId, inboundId } as const;
    const times = await timesOf(tx, inbound, house, rule, at);
    const messageId = await insertAnswer(tx, sessionKeys, { ...answer, pricePoints, ...times });
    const id = newId("autoReply");
    await tx.insert(autoReplies).values({ id, userId, ruleId: rule.id, waSessionId, inboundId, messageId });
    await publish(tx, userId, "rules", rule.id);
  }
  if (pricePoints > 0 && answering.length > 0) await holdPoints(tx, userId, pricePoints * answering.length);
  return taken;
}

/**
 * By an insert, so that two messages of one person, on two phones, do not both take it. What was taken for an answer that
 * never went is given back first: who waits for this row here does not see the same one once more.
 */
async function takeTurn(
  tx: Db,
  { userId, known, chat }: Inbound,
  house: House,
  { rule, at, again }: Turn,
): Promise<boolean> {
  if (rule.cooldownSeconds === 0) return true;
  const person = [...known].sort((a, b) => b.localeCompare(a))[0] ?? chat;
  const from = (at ?? house.now).toISOString();
  await tx.execute(sql`
    delete from auto_cooldowns c where c.rule_id = ${rule.id} and c.person = ${person} and ${isGivenBack(userId, known)}`);
  const taken = await tx.execute(sql`
    insert into auto_cooldowns as c (rule_id, person, user_id, until)
    values (${rule.id}, ${person}, ${userId}, ${from}::timestamptz + ${rule.cooldownSeconds} * interval '1 second')
    on conflict (rule_id, person) do update set until = excluded.until where c.until <= app_now() or ${again} returning 1`);
  return taken.length > 0;
}

/** From when until when an answer makes sense. A rule with hours of its own says nothing after them, nor before. */
async function timesOf(tx: Db, inbound: Inbound, { now, hours, maxPerMinute }: House, rule: Rule, at: Date | null) {
  const secondsTo = (moment: Date) => (moment.getTime() - now.getTime()) / 1_000;
  if (at) {
    // All who wait would otherwise be answered in one burst: answers do not wait for each other.
    const before = await tx.$count(
      messages,
      sql`${messages.waSessionId} = ${inbound.waSessionId} and ${messages.kind} = 'auto_reply' and ${messages.status} = 'queued'
        and ${messages.recipientKey} <> all(${textArray(inbound.known)})`,
    );
    const waitsSeconds = Math.max(0, secondsTo(at)) + (before * 60) / maxPerMinute;
    return { waitsSeconds, livesSeconds: waitsSeconds + OPENING_LIVES_SECONDS };
  }
  const own = { tz: hours.tz, windows: rule.windows, exceptions: [], paused: false, openUntil: null };
  const closes = nextClosing(own, now);
  const livesSeconds = Math.min(ANSWERED_WITHIN_SECONDS, closes ? secondsTo(closes) : ANSWERED_WITHIN_SECONDS);
  return { waitsSeconds: 0, livesSeconds };
}
