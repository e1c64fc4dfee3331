import { eq, lt, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { autoCooldowns, autoReplies, autoRules, inboundMessages, messages } from "#db/schema/index.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import type { SessionKeys } from "../keys/seal.ts";
import type { Log } from "../log.ts";
import { queueAnswer } from "../messages/queue-answer.ts";
import { keepPairs, knownIdentities, textArray } from "../opt-outs/known-identities.ts";
import { isActive, nextClosing } from "../schedules/rules.ts";
import { dropWaiting, stopPhone, waitingFor } from "./breaker.ts";
import { type Answered, compose, contactOf, stranger } from "./compose.ts";
import { matcherOf, prepare } from "./matching/compile.ts";
import { ANSWERED_WITHIN_SECONDS, decide, type Silence, turnOf } from "./rules.ts";
import { type Asked, countAnswers, type House, obstacleOf, type Rule, readHouse, readRules } from "./situation.ts";

/** After an opening: whoever is answered later has long forgotten that they asked. */
const OPENING_LIVES_SECONDS = 3_600;

export interface AnswerDeps {
  sessionKeys: SessionKeys;
  /** What an answer costs. */
  pricePoints: number;
  log: Log;
}

type Inbound = Asked & {
  id: Id<"inboundMessage">;
  chat: string;
  contact: Answered | null;
  sentAt: Date;
  ageMs: number;
  live: boolean;
};

/**
 * Answers an inbound message as its user's rules say, once: in one transaction with what says that it was answered. Asked
 * again it does nothing.
 */
export async function answerInbound(db: Db, deps: AnswerDeps, inboundId: Id<"inboundMessage">): Promise<void> {
  await db.transaction(async (tx) => {
    const inbound = await readInbound(tx, inboundId);
    if (!inbound) return;
    const { userId, waSessionId, known } = inbound;
    const text = prepare(inbound.text);
    const rules = (await readRules(tx, userId)).filter((rule) => rule.enabled && matcherOf(rule)(text));
    if (rules.length === 0) return;
    // One answer of a phone at a time: what is counted is true until this one is counted too.
    await tx.execute(sql`select from wa_sessions where id = ${waSessionId} for no key update`);
    if ((await tx.$count(autoReplies, eq(autoReplies.inboundId, inboundId))) > 0) return;

    const house = await readHouse(tx, userId);
    const counted = await countAnswers(tx, inbound, house.maxPerMinute);
    // What still waits for an opening is taken back for the answer to this message.
    const waiting = await waitingFor(tx, waSessionId, known);
    const replaced = rules.filter(({ id, windows }) => waiting.has(id) && !isActive(house.hours, windows, house.now));
    const coolsUntil = new Map(counted.coolsUntil);
    for (const { id } of replaced) coolsUntil.delete(id);
    const obstacle = lateness(inbound) ?? (await obstacleOf(tx, house, inbound));
    const situation = { ...house, ...counted, coolsUntil, waSessionId, writtenAt: inbound.sentAt, obstacle };
    const { verdicts, trips } = decide(rules, () => true, situation);
    const line = deps.log.child({ sessionId: waSessionId, inboundId });
    if (trips) {
      await stopPhone(tx, { userId, waSessionId, inboundId, reason: trips });
      line.warn({ event: "rules.stopped", reason: trips }, "the rules of a phone stopped by themselves");
      return;
    }
    let opens = false;
    for (const verdict of verdicts) {
      const rule = rules.find(({ id }) => id === verdict.ruleId);
      if (!rule) continue;
      const silence = verdict.answers
        ? await give(tx, deps, { rule, inbound, house, at: verdict.at, again: replaced.includes(rule) })
        : verdict.why;
      opens ||= verdict.answers && verdict.at !== null && silence === null;
      line.info({ event: silence ? "rule.silent" : "rule.answered", ruleId: rule.id, why: silence }, "a rule fits");
    }
    if (opens) {
      const theirs = sql`m.wa_session_id = ${waSessionId} and m.recipient_key = any(${textArray(known)}) and m.inbound_id <> ${inboundId}`;
      await dropWaiting(tx, theirs, "replaced");
    }
  });
}

/** The message with who wrote it, read while nobody can be erased or become one person with another; null: nothing to answer. */
async function readInbound(tx: Db, id: Id<"inboundMessage">): Promise<Inbound | null> {
  const [head] = await tx
    .select({ userId: inboundMessages.userId })
    .from(inboundMessages)
    .where(eq(inboundMessages.id, id));
  if (!head) return null;
  await keepErasuresOut(tx, head.userId);
  await keepPairs(tx, head.userId);
  const [row] = await tx
    .select({
      userId: inboundMessages.userId,
      waSessionId: inboundMessages.waSessionId,
      chat: inboundMessages.sender,
      text: inboundMessages.body,
      sentAt: inboundMessages.sentAt,
      live: inboundMessages.live,
      ageMs: sql<number>`(extract(epoch from now() - ${inboundMessages.sentAt}) * 1000)::float8`,
    })
    .from(inboundMessages)
    .where(eq(inboundMessages.id, id));
  if (!row || row.text === null) return null;
  const known = await knownIdentities(tx, row.userId, [row.chat]);
  return { ...row, id, text: row.text, known, contact: await contactOf(tx, row.userId, row.chat, known) };
}

function lateness({ live, ageMs }: Inbound): Silence | null {
  if (!live) return "not_live";
  return ageMs > ANSWERED_WITHIN_SECONDS * 1_000 ? "too_old" : null;
}

interface Giving {
  rule: Rule;
  inbound: Inbound;
  house: House;
  /** Null: at once. */
  at: Date | null;
  /** An answer of this rule that waits is taken back for this one. */
  again: boolean;
}

/** Takes the person's turn with this rule, then queues the answer. @returns why it does not go; null when it does */
async function give(tx: Db, deps: AnswerDeps, giving: Giving): Promise<Silence | null> {
  const { rule, inbound } = giving;
  const response = turnOf(rule.responses, rule.given);
  if (!response) return "empty_text";
  const said = await compose(tx, response, inbound.contact ?? stranger(inbound.known));
  if ("problem" in said) return said.problem;
  try {
    return await tx.transaction(async (step) => {
      if (!(await takeTurn(step, giving))) return "cooldown";
      await step
        .update(autoRules)
        .set({ given: sql`${autoRules.given} + 1` })
        .where(eq(autoRules.id, rule.id));
      const { userId, waSessionId, id: inboundId, chat, contact } = inbound;
      const messageId = await queueAnswer(step, deps.sessionKeys, {
        kind: "auto_reply",
        userId,
        waSessionId,
        to: chat,
        contact,
        text: said.text,
        mediaId: response.mediaId,
        inboundId,
        pricePoints: deps.pricePoints,
        ...(await timesOf(step, giving)),
      });
      const id = newId("autoReply");
      await step.insert(autoReplies).values({ id, userId, ruleId: rule.id, waSessionId, inboundId, messageId });
      await publish(step, userId, "rules", rule.id);
      return null;
    });
  } catch (err) {
    // Its turn is given back with the rest; what came in is kept, whatever the wallet says.
    if (err instanceof DomainError && err.code === "insufficient_points") return "no_points";
    throw err;
  }
}

/** By an insert, so that two messages of one person, on two phones, do not both take it. */
async function takeTurn(tx: Db, { rule, inbound, house, at, again }: Giving): Promise<boolean> {
  if (rule.cooldownSeconds === 0) return true;
  const person = [...inbound.known].sort((a, b) => b.localeCompare(a))[0] ?? inbound.chat;
  const from = (at ?? house.now).toISOString();
  const taken = await tx.execute(sql`
    insert into auto_cooldowns as c (rule_id, person, user_id, until)
    values (${rule.id}, ${person}, ${inbound.userId}, ${from}::timestamptz + ${rule.cooldownSeconds} * interval '1 second')
    on conflict (rule_id, person) do update set until = excluded.until where c.until <= app_now() or ${again} returning 1`);
  return taken.length > 0;
}

/** From when until when an answer makes sense. A rule with hours of its own says nothing after them, nor before. */
async function timesOf(tx: Db, { rule, inbound, house, at }: Giving) {
  const { now, hours, maxPerMinute } = house;
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

/** Cooldowns that are over say nothing any more. */
export async function expireCooldowns(db: Db): Promise<void> {
  await db.delete(autoCooldowns).where(lt(autoCooldowns.until, sql`app_now()`));
}
