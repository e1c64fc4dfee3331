import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, idSchema, newId } from "#db/ids.ts";
import { planPeriods, wallets } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { book } from "../../wallet/ledger.ts";
import type { PlanType } from "../../wallet/rules.ts";
import { emitWebhook } from "../../webhooks/emit.ts";
import { bookGoOn } from "./go-on.ts";

export interface NewPeriod {
  plan: PlanType;
  /** Of 24 hours each. */
  days: number;
  points: number;
  /** The purchase or grant it comes from: the same one starts one period. Null for the one an account begins with. */
  refId: string | null;
}

export interface Period {
  periodId: Id<"planPeriod">;
  startsAt: Date;
  endsAt: Date;
}

const periodRow = z.object({ periodId: idSchema("planPeriod"), startsAt: z.coerce.date(), endsAt: z.coerce.date() });

/**
 * Gives a user a period of a plan, with its points at once: the only writer of periods and of the wallet's plan. It follows
 * the one that runs, or begins now. Renewals that were declined are forgotten; campaigns that wait for a plan go on by a job,
 * after the commit, because they are locked before wallets everywhere. On the system path: no user may give themselves one.
 * @throws not_found for a user without a wallet
 */
export async function startPeriod(
  tx: Db,
  userId: Id<"user">,
  { plan, days, points, refId }: NewPeriod,
): Promise<Period> {
  const [wallet] = await tx
    .select({ id: wallets.id })
    .from(wallets)
    .where(eq(wallets.userId, userId))
    .for("no key update");
  if (!wallet) throw new DomainError("not_found");
  const known = await readPeriod(tx, refId);
  if (known) return known;
  // Hours, not days: a day of a time zone may have 23 or 25 of them.
  const [made] = await tx.execute(sql`
    insert into plan_periods (id, user_id, wallet_id, plan, points, ref_id, starts_at, ends_at)
    select ${newId("planPeriod")}, w.user_id, w.id, ${plan}, ${points}, ${refId}, s.at, s.at + ${days}::int * interval '24 hours'
      from wallets w, lateral (select greatest(date_trunc('milliseconds', app_now()), w.plan_expires_at) as at) s
     where w.id = ${wallet.id}
    returning id as "periodId", starts_at as "startsAt", ends_at as "endsAt"`);
  const period = periodRow.parse(made);
  await tx.execute(sql`
    update wallets w
       set plan_type = case when w.plan_expires_at <= app_now() then p.plan else w.plan_type end,
           plan_started_at = case when w.plan_expires_at <= app_now() then p.starts_at else w.plan_started_at end,
           plan_expires_at = p.ends_at, plan_ended_at = null, renewals_declined = 0, renew_at = null, renew_stopped = null,
           next_plan = nullif(w.next_plan, p.plan)
      from plan_periods p where p.id = ${period.periodId} and w.id = p.wallet_id`);
  if (points > 0) await book(tx, userId, { type: "allocation", points, refId: period.periodId });
  await bookGoOn(tx, userId);
  const said = { plan, startsAt: period.startsAt.toISOString(), endsAt: period.endsAt.toISOString(), points };
  await recordAudit(tx, userId, "plan.started", { ...said, refId });
  await emitWebhook(tx, userId, "plan.started", said);
  await publish(tx, userId, "wallet", userId);
  return period;
}

async function readPeriod(tx: Db, refId: string | null): Promise<Period | null> {
  if (refId === null) return null;
  const [known] = await tx
    .select({ periodId: planPeriods.id, startsAt: planPeriods.startsAt, endsAt: planPeriods.endsAt })
    .from(planPeriods)
    .where(eq(planPeriods.refId, refId));
  return known ?? null;
}
