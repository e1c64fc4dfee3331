import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { type Details, DomainError, refusals } from "../errors.ts";
import { textArray } from "../opt-outs/known-identities.ts";
import { hoursColumns, hoursRow, toHours } from "../schedules/row.ts";
import { nextOpening } from "../schedules/rules.ts";
import { type SessionStatus, tellSession } from "../wa/rules.ts";
import { type ReplyFacts, type ReplyProblem, replyProblem } from "./rules.ts";

/** Whom an answer would go to, and from which phone. */
export interface Addressee {
  userId: Id<"user">;
  waSessionId: Id<"waSession">;
  identities: readonly string[];
  contact: { id: Id<"contact">; name: string; consent: boolean } | null;
}

/** Whether somebody can be answered by hand now. */
export interface Composer {
  /** Why not, in a sentence with what to do. */
  problem: { code: ReplyProblem | "account_restricted"; sentence: string } | null;
  /** Outside the hours: when they open, and what is written leaves. */
  waitsUntil: Date | null;
  /** The connection is being restored: what is written leaves when it is back. */
  offline: boolean;
}

const row = hoursRow.extend({
  status: z.string(),
  status_reason: z.string().nullable(),
  restricted_until: z.coerce.date().nullable(),
  held: z.boolean(),
  plan_active: z.boolean(),
  suppressed: z.boolean(),
  app_now: z.coerce.date(),
  user_tz: z.string(),
  sent: z.number(),
  ends_at: z.coerce.date().nullable(),
});

const comesBack: ReadonlySet<string> = new Set(["linked", "reconnecting"] satisfies SessionStatus[]);

/** Everything that decides whether an answer is taken. */
export async function readReplyFacts(tx: Db, to: Addressee, dailyCap: number) {
  const [found] = await tx.execute(sql`
    select s.status, s.status_reason, s.restricted_until, coalesce(s.lease_until > now(), false) as held, ${hoursColumns},
           w.plan_expires_at > app_now() as plan_active, app_now() as app_now, u.tz as user_tz,
           exists (select 1 from unnest(${textArray(to.identities)}) i where is_suppressed(${to.userId}, i)) as suppressed,
           coalesce(case when n.day = (app_now() at time zone n.tz)::date then n.day_sent end, 0) as sent,
           (((app_now() at time zone n.tz)::date + 1)::timestamp at time zone n.tz) as ends_at
      from wa_sessions s join users u on u.id = s.user_id join wallets w on w.user_id = s.user_id
      join schedules h on h.user_id = s.user_id left join wa_numbers n on n.phone = s.phone
     where s.id = ${to.waSessionId} and s.user_id = ${to.userId}`);
  const state = row.parse(found);
  const status = state.status as SessionStatus;
  const now = state.app_now;
  const facts: ReplyFacts = {
    suppressed: state.suppressed,
    contact: to.contact,
    planActive: state.plan_active,
    phoneState: comesBack.has(status) ? null : tellSession(status, state.status_reason).label.toLowerCase(),
    now,
    leavesAt: nextOpening(toHours(state), now),
    day: { sent: state.sent, most: dailyCap, endsAt: state.ends_at },
  };
  const problem = replyProblem(facts);
  return {
    now,
    leavesAt: facts.leavesAt ?? now,
    offline: status !== "linked" || !state.held,
    problem: problem && refusalOf(problem, facts, state),
  };
}

function refusalOf(
  problem: ReplyProblem,
  { contact, phoneState, day }: ReplyFacts,
  state: z.infer<typeof row>,
): { code: ReplyProblem | "account_restricted"; details: Details } {
  const until = (at: Date | null): Details => (at ? { until: at.toISOString(), tz: state.user_tz } : {});
  switch (problem) {
    case "reply_phone":
      return state.status === "restricted"
        ? { code: "account_restricted", details: until(state.restricted_until) }
        : { code: problem, details: { state: phoneState ?? "" } };
    case "reply_no_consent":
      return { code: problem, details: { name: contact?.name || "This contact" } };
    case "daily_cap_reached":
      return { code: problem, details: { limit: day.most, ...until(day.endsAt) } };
    case "opted_out":
    case "plan_expired":
    case "reply_closed":
      return { code: problem, details: {} };
  }
}

/** What the field to write in says before anything is written. */
export async function readComposer(tx: Db, to: Addressee, dailyCap: number): Promise<Composer> {
  const { problem, now, leavesAt, offline } = await readReplyFacts(tx, to, dailyCap);
  return {
    problem: problem && { code: problem.code, sentence: refusals[problem.code].message(problem.details) },
    waitsUntil: leavesAt > now ? leavesAt : null,
    offline,
  };
}

/** @throws what an answer is refused for */
export async function requireReplyable(
  tx: Db,
  to: Addressee,
  dailyCap: number,
): Promise<{ now: Date; leavesAt: Date }> {
  const { problem, now, leavesAt } = await readReplyFacts(tx, to, dailyCap);
  if (problem) throw new DomainError(problem.code, problem.details);
  return { now, leavesAt };
}
