import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { autoReplies, inboundMessages } from "#db/schema/index.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import type { Log } from "../log.ts";
import { keepPairs, knownIdentities } from "../opt-outs/known-identities.ts";
import { isActive } from "../schedules/rules.ts";
import { stopPhone, waitingFor } from "./breaker.ts";
import { contactOf } from "./compose.ts";
import { type GiveDeps, giveAnswers, type Inbound } from "./give.ts";
import { prepare } from "./matching/compile.ts";
import { fitAll } from "./matching/fit.ts";
import { ANSWERED_WITHIN_SECONDS, decide, type Silence } from "./rules.ts";
import { countAnswers, obstacleOf, type Rule, readHouse, readRules } from "./situation.ts";

export type AnswerDeps = GiveDeps & { log: Log };

type Read = Inbound & { sentAt: Date; ageMs: number; live: boolean };

/**
 * Answers an inbound message as its user's rules say, once: in one transaction with what says that it was answered. Asked
 * again it does nothing.
 */
export async function answerInbound(db: Db, deps: AnswerDeps, inboundId: Id<"inboundMessage">): Promise<void> {
  await db.transaction(async (tx) => {
    const inbound = await readInbound(tx, inboundId);
    if (!inbound) return;
    const { userId, waSessionId, known } = inbound;
    const line = deps.log.child({ sessionId: waSessionId, inboundId });
    const rules = await readFitting(tx, inbound, line);
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
    if (trips) {
      await stopPhone(tx, { userId, waSessionId, inboundId, reason: trips });
      line.warn({ event: "rules.stopped", reason: trips }, "the rules of a phone stopped by themselves");
      return;
    }
    const turns = verdicts.flatMap((verdict) => {
      const rule = rules.find(({ id }) => id === verdict.ruleId);
      return rule && verdict.answers ? [{ rule, at: verdict.at, again: replaced.includes(rule) }] : [];
    });
    const given = await giveAnswers(tx, deps, inbound, house, turns);
    for (const verdict of verdicts) {
      const why = verdict.answers ? given.get(verdict.ruleId) : verdict.why;
      line.info({ event: why ? "rule.silent" : "rule.answered", ruleId: verdict.ruleId, why }, "a rule fits");
    }
  });
}

/** The message with who wrote it, read while nobody can be erased or become one person with another; null: nothing to answer. */
async function readInbound(tx: Db, id: Id<"inboundMessage">): Promise<Read | null> {
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

async function readFitting(tx: Db, { userId, text }: Read, line: Log): Promise<Rule[]> {
  const enabled = (await readRules(tx, userId)).filter((rule) => rule.enabled);
  const fits = await fitAll(enabled, prepare(text));
  const late = enabled.filter((rule) => fits.get(rule) === "late").length;
  if (late > 0)
    line.warn({ event: "rules.slow", userId, late }, "rules were not looked at: those before took too long");
  return enabled.filter((rule) => fits.get(rule) === true);
}

function lateness({ live, ageMs }: Read): Silence | null {
  if (!live) return "not_live";
  return ageMs > ANSWERED_WITHIN_SECONDS * 1_000 ? "too_old" : null;
}

/** Cooldowns that are over say nothing any more. One that is being taken anew stays. */
export async function expireCooldowns(db: Db): Promise<void> {
  await db.execute(sql`
    delete from auto_cooldowns where (rule_id, person) in (
      select rule_id, person from auto_cooldowns where until < app_now() for update skip locked)`);
}
