import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { planTypes } from "../../wallet/rules.ts";
import { emitWebhook } from "../../webhooks/emit.ts";
import { firstRenewal, nextRenewal } from "./rules.ts";

/** SQL, of `wallets`: its user wants it renewed, and the time of the first try, or of the next, has come. */
export const renewalIsDue = sql`(${wallets.autoRenew} and coalesce(${wallets.renewAt}, ${wallets.planExpiresAt} - interval '1 hour') <= app_now())`;

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
    .where(and(eq(wallets.userId, userId)));
  const said = { plan, endsAt: endsAt.toISOString(), tries, nextTryAt: next?.toISOString() ?? null };
  await recordAudit(tx, userId, "plan.renewal_declined", said);
  await emitWebhook(tx, userId, "plan.renewal_failed", said);
}
