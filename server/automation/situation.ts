import { asc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { autoReplies, autoRules, messages, waSessions } from "#db/schema/index.ts";
import { anySuppressed } from "../opt-outs/is-suppressed.ts";
import { textArray } from "../opt-outs/known-identities.ts";
import { readKeyword } from "../opt-outs/rules.ts";
import { hoursColumns, hoursRow, toHours } from "../schedules/row.ts";
import type { ActiveHours } from "../schedules/rules.ts";
import { folded, squeezed } from "./matching/fold.ts";
import type { Silence, Situation } from "./rules.ts";

export type Rule = typeof autoRules.$inferSelect;

/** The user's rules in their order. */
export const readRules = (tx: Db, userId: Id<"user">): Promise<Rule[]> =>
  tx.select().from(autoRules).where(eq(autoRules.userId, userId)).orderBy(asc(autoRules.position), asc(autoRules.id));

/** What holds for all of a user's rules. */
export interface House {
  now: Date;
  hours: ActiveHours;
  planActive: boolean;
  mode: "first" | "all";
  paused: boolean;
  maxPerMinute: number;
}

const houseRow = hoursRow.extend({
  now: z.coerce.date(),
  plan_active: z.boolean(),
  mode: z.enum(["first", "all"]),
  rules_paused: z.boolean(),
  max_per_minute: z.number(),
});

export async function readHouse(tx: Db, userId: Id<"user">): Promise<House> {
  const [found] = await tx.execute(sql`
    select ${hoursColumns}, app_now() as now, w.plan_expires_at > app_now() as plan_active,
           coalesce(a.mode, 'first') as mode, coalesce(a.paused, false) as rules_paused, coalesce(a.max_per_minute, 20) as max_per_minute
      from schedules h join wallets w on w.user_id = h.user_id left join auto_settings a on a.user_id = h.user_id
     where h.user_id = ${userId}`);
  const row = houseRow.parse(found);
  return {
    now: row.now,
    hours: toHours(row),
    planActive: row.plan_active,
    mode: row.mode,
    paused: row.rules_paused,
    maxPerMinute: row.max_per_minute,
  };
}

/** Whether the rules of a phone stopped by themselves. */
export async function isStopped(tx: Db, waSessionId: Id<"waSession">): Promise<boolean> {
  const stopped = await tx.execute(
    sql`select 1 from auto_breakers where wa_session_id = ${waSessionId} and resumed_at is null`,
  );
  return stopped.length > 0;
}

/** Who wrote, and on which phone. */
export interface Asked {
  userId: Id<"user">;
  waSessionId: Id<"waSession">;
  /** Every identity known of the person; empty for somebody who is made up. */
  known: readonly string[];
  /** Null: no contact. Whoever is none and wrote first may be answered. */
  contact: { consent: boolean } | null;
  text: string;
}

/** Why nothing at all is answered to this person at this time, whatever the words; null when something may be. */
export async function obstacleOf(tx: Db, house: House, asked: Asked): Promise<Silence | null> {
  const { userId, known, contact } = asked;
  if (readKeyword(asked.text)?.type === "stop") return "stop_word";
  if (known.length > 0 && (await anySuppressed(tx, userId, known))) return "opted_out";
  if (contact && !contact.consent) return "no_consent";
  if (await isOwnPhone(tx, userId, known)) return "own_phone";
  if (!house.planActive) return "plan_expired";
  if (house.paused) return "rules_paused";
  if (await isStopped(tx, asked.waSessionId)) return "breaker";
  return (await repeatsAnswer(tx, asked)) ? "echo" : null;
}

async function isOwnPhone(tx: Db, userId: Id<"user">, known: readonly string[]): Promise<boolean> {
  if (known.length === 0) return false;
  const phones = await tx
    .select({ phone: waSessions.phone, lid: waSessions.lid })
    .from(waSessions)
    .where(eq(waSessions.userId, userId));
  return phones.some(({ phone, lid }) => known.includes(`pn:${phone}`) || known.includes(`lid:${lid}`));
}

/**
 * SQL: automatic answers to a person on this phone since a time, but for those that were left out: they said nothing. What
 * was counted before somebody let the rules go on is forgiven.
 */
const answersTo = ({ waSessionId, known }: Asked, since: string) => sql`
  messages m where m.wa_session_id = ${waSessionId} and m.recipient_key = any(${textArray(known)}) and m.kind = 'auto_reply'
   and m.status <> 'skipped' and m.created_at > greatest(now() - ${since}::interval,
     (select b.resumed_at from auto_breakers b where b.wa_session_id = m.wa_session_id))`;

/** Whether somebody sends back what they were answered in the last hour. */
async function repeatsAnswer(tx: Db, asked: Asked): Promise<boolean> {
  if (asked.known.length === 0) return false;
  const said = await tx.execute<{ text: string | null }>(
    sql`select m.resolved_text as text from ${answersTo(asked, "1 hour")} order by m.created_at desc limit 20`,
  );
  const plain = (text: string) => squeezed(folded(text));
  const written = plain(asked.text);
  return written !== "" && said.some(({ text }) => text !== null && plain(text) === written);
}

type Counted = Pick<Situation, "coolsUntil" | "givenInHour" | "phone" | "person">;

/** What was answered lately: to this person, by this phone, by each rule. */
export async function countAnswers(tx: Db, asked: Asked, atMost: number): Promise<Counted> {
  const [person] = await tx.execute<{ inMinute: number; inHour: number }>(sql`
    select count(distinct m.inbound_id) filter (where m.created_at > now() - interval '1 minute')::int as "inMinute",
           count(distinct m.inbound_id)::int as "inHour" from ${answersTo(asked, "1 hour")}`);
  const [phone] = await tx.execute<{ n: number }>(sql`
    select count(*)::int as n from auto_replies r join messages m on m.id = r.message_id
     where r.wa_session_id = ${asked.waSessionId} and m.status <> 'skipped'
       and r.created_at > greatest(now() - interval '1 minute',
         (select b.resumed_at from auto_breakers b where b.wa_session_id = r.wa_session_id))`);
  const given = await tx
    .select({ ruleId: autoReplies.ruleId, n: sql<number>`count(*)::int` })
    .from(autoReplies)
    .innerJoin(messages, eq(messages.id, autoReplies.messageId))
    .where(sql`${autoReplies.userId} = ${asked.userId} and ${messages.status} <> 'skipped' and ${autoReplies.createdAt} > now() - interval '1 hour'
      and ${autoReplies.ruleId} in (select id from auto_rules where user_id = ${asked.userId} and max_per_hour is not null)`)
    .groupBy(autoReplies.ruleId);
  return {
    coolsUntil: await coolsUntil(tx, asked),
    givenInHour: new Map(given.map(({ ruleId, n }) => [ruleId, n])),
    phone: { inMinute: phone?.n ?? 0, atMost },
    person: person ?? { inMinute: 0, inHour: 0 },
  };
}

/**
 * SQL: the pause `c` of a rule with this person was begun by an answer that was left out, for whatever reason, so there is
 * nothing to pause after.
 */
export const isGivenBack = (userId: Id<"user">, known: readonly string[]) => sql`'skipped' = (
  select m.status from messages m join auto_replies r on r.message_id = m.id
   where m.wa_session_id in (select id from wa_sessions where user_id = ${userId}) and m.recipient_key = any(${textArray(known)})
     and m.kind = 'auto_reply' and r.rule_id = c.rule_id
   order by r.created_at desc, r.id desc limit 1)`;

/** Under whichever identity they had the answer. */
async function coolsUntil(tx: Db, { userId, known }: Asked): Promise<Map<Id<"autoRule">, Date>> {
  if (known.length === 0) return new Map();
  const rows = await tx.execute<{ ruleId: Id<"autoRule">; until: string }>(sql`
    select c.rule_id as "ruleId", max(c.until) as until from auto_cooldowns c
     where c.user_id = ${userId} and c.person = any(${textArray(known)}) and not coalesce(${isGivenBack(userId, known)}, false)
     group by c.rule_id`);
  return new Map(rows.map(({ ruleId, until }) => [ruleId, new Date(until)]));
}
