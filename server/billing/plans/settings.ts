import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { paymentMethods, planOffers, planReminders, wallets } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import type { BillingSettings } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import type { AutoRenewInput, NextPlanInput } from "./schema.ts";

/**
 * Switches renewals on or off. On, the kept card is charged an hour before the plan ends; of one that has ended nobody expects
 * that any more. Why it was switched off before does not count from now on.
 * @param tx the system path: no page writes what became of renewals
 * @throws payments_off, no_kept_card, no_plan_to_renew
 */
export async function setAutoRenew(
  tx: Db,
  { provider }: Pick<BillingSettings, "provider">,
  userId: Id<"user">,
  { to }: AutoRenewInput,
): Promise<void> {
  const on = to === "on";
  if (on) {
    if (!provider) throw new DomainError("payments_off");
    const [card] = await tx.select().from(paymentMethods).where(eq(paymentMethods.userId, userId));
    if (!card) throw new DomainError("no_kept_card");
  }
  const [changed] = await tx
    .update(wallets)
    .set({
      autoRenew: on,
      renewalsDeclined: sql`case when ${wallets.renewStopped} is null then ${wallets.renewalsDeclined} else 0 end`,
      renewStopped: null,
    })
    .where(and(eq(wallets.userId, userId), on ? sql`${wallets.planExpiresAt} > app_now()` : undefined))
    .returning({ id: wallets.id });
  if (!changed) throw new DomainError("no_plan_to_renew");
  await recordAudit(tx, userId, on ? "plan.renewal_on" : "plan.renewal_off");
  await publish(tx, userId, "wallet", userId);
}

/** Chooses the plan that follows this one at the next renewal. @throws not_on_sale */
export async function setNextPlan(tx: Db, userId: Id<"user">, { plan }: NextPlanInput): Promise<void> {
  const [offer] = await tx
    .select()
    .from(planOffers)
    .where(and(eq(planOffers.plan, plan), planOffers.onSale));
  if (!offer) throw new DomainError("not_on_sale");
  await tx.update(wallets).set({ nextPlan: plan }).where(eq(wallets.userId, userId));
  await recordAudit(tx, userId, "plan.next_chosen", { plan });
  await publish(tx, userId, "wallet", userId);
}

/** The reminders that are shown were seen, and are shown no more. */
export async function closeReminders(tx: Db, userId: Id<"user">): Promise<void> {
  await tx
    .update(planReminders)
    .set({ seenAt: sql`now()` })
    .where(and(eq(planReminders.userId, userId), isNull(planReminders.seenAt)));
  await publish(tx, userId, "wallet", userId);
}
