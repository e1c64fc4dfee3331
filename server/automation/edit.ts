import { isDeepStrictEqual } from "node:util";
import { and, asc, eq, ne, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { autoBreakers, autoRules, autoSettings, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { getMedia } from "../media/queries.ts";
import { mediaLimits } from "../media/rules.ts";
import { dropWaiting } from "./breaker.ts";
import { patternProblems, STEPS_OF_USER, stepsOf } from "./matching/budget.ts";
import { RULES_AT_MOST } from "./rules.ts";
import type { AutoSettingsInput, EnableRuleInput, MoveRuleInput, SaveRuleInput } from "./schema.ts";

/** What an edit did. `dropped`: how many answers that waited for an opening do not go any more. */
export interface Edited {
  id: Id<"autoRule">;
  dropped: number;
}

/**
 * Adds a rule after all others, or puts it in the place of the one with its id. A new one answers from now on.
 * @throws too_many_rules, bad_pattern, patterns_too_large, empty_answer, answer_too_long, media_removed, not_found
 */
export async function saveRule(tx: Db, userId: Id<"user">, { id, ...rule }: SaveRuleInput): Promise<Edited> {
  await lockRules(tx, userId);
  await refusePatterns(tx, userId, { id, ...rule });
  await refuseAnswers(tx, userId, rule.responses);
  if (rule.waSessionId) await ownPhone(tx, userId, rule.waSessionId);
  if (id) return { id, dropped: await changeRule(tx, userId, id, rule) };
  const kept = await tx.$count(autoRules, eq(autoRules.userId, userId));
  if (kept >= RULES_AT_MOST) throw new DomainError("too_many_rules", { limit: RULES_AT_MOST });
  const added = newId("autoRule");
  const position = sql`(select coalesce(max(position), 0) + 1 from auto_rules where user_id = ${userId})`;
  await tx.insert(autoRules).values({ ...rule, id: added, userId, position });
  await told(tx, userId, "rule.added", added);
  return { id: added, dropped: 0 };
}

/** What was to be said by a rule that says something else now, or to something else, does not go. @throws not_found */
async function changeRule(
  tx: Db,
  userId: Id<"user">,
  id: Id<"autoRule">,
  rule: Omit<SaveRuleInput, "id">,
): Promise<number> {
  await lockPhones(tx, userId);
  const [before] = await tx.select().from(autoRules).where(own(userId, id)).for("no key update");
  if (!before) throw new DomainError("not_found");
  await tx
    .update(autoRules)
    .set({ ...rule, changedAt: sql`now()` })
    .where(own(userId, id));
  const same = isDeepStrictEqual(meaningOf(before), meaningOf(rule));
  const dropped = same ? 0 : await dropWaiting(tx, answersOf(userId, id), "rule_changed");
  await told(tx, userId, "rule.changed", id);
  return dropped;
}

/** What of a rule decides what somebody is answered, and to what. */
function meaningOf(rule: Omit<SaveRuleInput, "id" | "name">) {
  const { match, patterns, folds, responses, waSessionId, windows, answersAtOpening } = rule;
  return { match, patterns, folds, responses, waSessionId, windows, answersAtOpening };
}

async function refusePatterns(
  tx: Db,
  userId: Id<"user">,
  { id, match, patterns, folds }: SaveRuleInput,
): Promise<void> {
  if (match !== "regex") return;
  const fields = await patternProblems(patterns, folds);
  const [why] = Object.values(fields);
  if (why) throw new DomainError("bad_pattern", { why }, fields);
  const others = await tx
    .select({ patterns: autoRules.patterns, folds: autoRules.folds })
    .from(autoRules)
    .where(and(eq(autoRules.userId, userId), eq(autoRules.match, "regex"), id ? ne(autoRules.id, id) : undefined));
  const steps = await stepsOf([{ patterns, folds }]);
  const have = await stepsOf(others);
  if (have + steps <= STEPS_OF_USER) return;
  const details = { steps, left: Math.max(0, STEPS_OF_USER - have), limit: STEPS_OF_USER };
  const { message } = new DomainError("patterns_too_large", details);
  throw new DomainError("patterns_too_large", details, { "patterns[0]": message });
}

async function refuseAnswers(tx: Db, userId: Id<"user">, responses: SaveRuleInput["responses"]): Promise<void> {
  for (const [n, { text, mediaId }] of responses.entries()) {
    const refuse = (code: "empty_answer" | "answer_too_long", details = {}) => {
      const { message } = new DomainError(code, details);
      throw new DomainError(code, details, { [`responses[${n}].text`]: message });
    };
    if (text === "" && mediaId === null) refuse("empty_answer");
    if (mediaId === null) continue;
    if (text.length > mediaLimits.captionChars) refuse("answer_too_long", { limit: mediaLimits.captionChars });
    const file = await getMedia(tx, userId, { id: mediaId });
    if (file.removed) throw new DomainError("media_removed", { name: file.fileName });
  }
}

/** @throws not_found */
async function ownPhone(tx: Db, userId: Id<"user">, id: Id<"waSession">): Promise<void> {
  const [phone] = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.id, id), eq(waSessions.userId, userId)));
  if (!phone) throw new DomainError("not_found");
}

/** What was written while it was off is not answered, and what it has waiting does not go. @throws not_found */
export async function enableRule(tx: Db, userId: Id<"user">, { id, to }: EnableRuleInput): Promise<Edited> {
  const enabled = to === "on";
  if (!enabled) await lockPhones(tx, userId);
  const changed = await tx
    .update(autoRules)
    .set({
      enabled,
      ...(enabled ? { enabledAt: sql`case when ${autoRules.enabled} then ${autoRules.enabledAt} else now() end` } : {}),
    })
    .where(own(userId, id))
    .returning({ id: autoRules.id });
  if (changed.length === 0) throw new DomainError("not_found");
  const dropped = enabled ? 0 : await dropWaiting(tx, answersOf(userId, id), "rules_stopped");
  await told(tx, userId, enabled ? "rule.enabled" : "rule.disabled", id);
  return { id, dropped };
}

/** What it answered stays in the conversations, what it has waiting does not go. @throws not_found */
export async function removeRule(tx: Db, userId: Id<"user">, { id }: { id: Id<"autoRule"> }): Promise<Edited> {
  await lockPhones(tx, userId);
  const removed = await tx.delete(autoRules).where(own(userId, id)).returning({ id: autoRules.id });
  if (removed.length === 0) throw new DomainError("not_found");
  const dropped = await dropWaiting(tx, answersOf(userId, id), "rules_stopped");
  await told(tx, userId, "rule.removed", id);
  return { id, dropped };
}

/** Puts a rule at a place among the others, which close up behind it. @throws not_found */
export async function moveRule(tx: Db, userId: Id<"user">, { id, to }: MoveRuleInput): Promise<void> {
  await lockRules(tx, userId);
  // As answers lock them: by id.
  await tx.execute(sql`select from auto_rules where user_id = ${userId} order by id for no key update`);
  const rows = await tx
    .select({ id: autoRules.id })
    .from(autoRules)
    .where(eq(autoRules.userId, userId))
    .orderBy(asc(autoRules.position), asc(autoRules.id));
  const others = rows.map((row) => row.id).filter((other) => other !== id);
  if (others.length === rows.length) throw new DomainError("not_found");
  const order = [...others.slice(0, to), id, ...others.slice(to)];
  await tx.execute(sql`
    update auto_rules r set position = o.at
      from jsonb_array_elements_text(${JSON.stringify(order)}::text::jsonb) with ordinality as o(id, at)
     where r.id = o.id and r.user_id = ${userId} and r.position <> o.at`);
  await told(tx, userId, "rule.moved", id);
}

/** How the rules of a user are judged, and how much a phone may answer. */
export async function setAutoSettings(tx: Db, userId: Id<"user">, settings: AutoSettingsInput): Promise<void> {
  await tx
    .insert(autoSettings)
    .values({ userId, ...settings })
    .onConflictDoUpdate({ target: autoSettings.userId, set: settings });
  await recordAudit(tx, userId, "rules.settings", { ...settings });
  await publish(tx, userId, "rules", userId);
}

/** Stops or lets go on all rules of a user. What is queued by them does not go after a stop. */
export async function pauseRules(tx: Db, userId: Id<"user">, { to }: { to: "on" | "off" }): Promise<void> {
  const paused = to === "on";
  await lockPhones(tx, userId);
  await tx
    .insert(autoSettings)
    .values({ userId, paused })
    .onConflictDoUpdate({ target: autoSettings.userId, set: { paused } });
  if (paused) await dropWaiting(tx, sql`m.user_id = ${userId}`, "rules_stopped");
  await recordAudit(tx, userId, paused ? "rules.paused" : "rules.resumed");
  await publish(tx, userId, "rules", userId);
}

/** Lets the rules of a phone go on that stopped by themselves. @throws not_found */
export async function resumePhone(
  tx: Db,
  userId: Id<"user">,
  { waSessionId }: { waSessionId: Id<"waSession"> },
): Promise<void> {
  const resumed = await tx
    .update(autoBreakers)
    .set({ resumedAt: sql`now()` })
    .where(and(eq(autoBreakers.waSessionId, waSessionId), eq(autoBreakers.userId, userId)))
    .returning({ id: autoBreakers.waSessionId });
  if (resumed.length === 0) throw new DomainError("not_found");
  await recordAudit(tx, userId, "rules.let_go_on", { waSessionId });
  await publish(tx, userId, "rules", waSessionId);
}

/** Sessions come before every other row. */
async function lockPhones(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select from wa_sessions where user_id = ${userId} order by id for no key update`);
}

/** SQL: the answers `m` of a rule. */
const answersOf = (userId: Id<"user">, ruleId: Id<"autoRule">) =>
  sql`m.id in (select r.message_id from auto_replies r where r.user_id = ${userId} and r.rule_id = ${ruleId})`;

const own = (userId: Id<"user">, id: Id<"autoRule">) => and(eq(autoRules.id, id), eq(autoRules.userId, userId));

async function told(tx: Db, userId: Id<"user">, action: string, ruleId: Id<"autoRule">): Promise<void> {
  await recordAudit(tx, userId, action, { ruleId });
  await publish(tx, userId, "rules", ruleId);
}

/** One change of a user's order at a time. */
async function lockRules(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`rules|${userId}`}, 0))`);
}
