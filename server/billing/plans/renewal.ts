import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import type { BillingSettings } from "../../env.ts";
import { type PlanType, planTypes } from "../../wallet/rules.ts";
import { emitWebhook } from "../../webhooks/emit.ts";
import { firstRenewal, nextRenewal } from "./rules.ts";

/** SQL, of `wallets`: its user wants it renewed, and the time of the first try, or of the next, has come. */
export const renewalIsDue = sql`(${wallets.autoRenew} and coalesce(${wallets.renewAt}, ${wallets.planExpiresAt} - interval '1 hour') <= app_now())`;

/**
 * SQL, of `wallets`: the plan that a renewal buys: the one its user chose, else the last one that is paid for, else this one again.
 * Tables are named as text: in a selection of one table a column loses its table, and would be that of the subquery.
 */
export const planToRenew = sql<PlanType>`coalesce(wallets.next_plan, (
  select p.plan from plan_periods p where p.user_id = wallets.user_id and p.starts_at > app_now() order by p.starts_at desc limit 1
), wallets.plan_type)`;

/** SQL, of `wallets`: it renews by itself as things are: its user wants it, there is a card, the plan is sold and can be paid. */
export const willRenew = ({ provider }: Pick<BillingSettings, "provider">) => sql<boolean>`(
  wallets.auto_renew and ${provider !== null}::boolean
  and exists (select 1 from payment_methods m where m.user_id = wallets.user_id)
  and exists (select 1 from plan_offers o where o.plan = ${planToRenew} and o.on_sale))`;

const walletRow = z.object({
  plan: z.enum(planTypes),
  endsAt: z.coerce.date(),
  tries: z.number().int(),
  now: z.coerce.date(),
});

/**
 * A renewal was not paid: when it is tried again, or, after the last try, that it is not any more. In the transaction that
 * settles the purchase. Nothing when another period was bought meanwhile.
 */
export async function renewalDeclined(tx: Db, userId: Id<"user">): Promise<void> {
  const [row] = await tx.execute(sql`
    select plan_type as plan, plan_expires_at as "endsAt", renewals_declined + 1 as tries, app_now() as now
      from wallets where user_id = ${userId} and auto_renew for no key update`);
  if (!row) return;
  const { plan, endsAt, tries, now } = walletRow.parse(row);
  if (now < firstRenewal(endsAt)) return;
  const next = nextRenewal(endsAt, now);
  await tx
    .update(wallets)
    .set({
      renewalsDeclined: tries,
      renewAt: next,
      ...(next ? {} : { autoRenew: false, renewStopped: "declined" as const }),
    })
    .where(eq(wallets.userId, userId));
  const said = { plan, endsAt: endsAt.toISOString(), tries, nextTryAt: next?.toISOString() ?? null };
  await recordAudit(tx, userId, "plan.renewal_declined", said);
  await emitWebhook(tx, userId, "plan.renewal_failed", said);
}
