import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { paymentMethods, planOffers, purchases, wallets } from "#db/schema/index.ts";
import type { BillingDeps } from "../deps.ts";
import { planToRenew, renewalIsDue } from "../plans/renewal.ts";
import { openProvider } from "../provider/open.ts";
import { priceOf } from "../rules.ts";
import { applyPayment, type Purchase } from "./apply.ts";
import { giveUp } from "./give-up.ts";
import { orderOf } from "./order.ts";

/**
 * What came of a renewal. `not_due`: its time has not come, it was made meanwhile, or its user does not want it; nothing was
 * bought. `impossible`: nothing could be charged, and why.
 */
export type Renewal =
  | { outcome: "paid" | "declined" | "cancelled"; purchaseId: Id<"purchase"> }
  | { outcome: "not_due" }
  | { outcome: "impossible"; why: "payments_off" | "no_method" | "not_on_sale" };

/**
 * Buys the next period of a plan without anybody there, charged to the kept method: the plan that follows, or the same again,
 * at the price of now. One at a time for each user; what a killed process left half done is gone on with, under the same
 * reference, unless another plan was chosen since: then it is given up first. What is paid is booked before this answers.
 * @param db the system path, not a transaction: the provider is asked between two
 * @throws what the provider throws when it cannot be reached: nothing is known then, ask again
 */
export async function buyRenewal(db: Db, deps: BillingDeps, userId: Id<"user">): Promise<Renewal> {
  const provider = openProvider(db, deps.env);
  if (!provider) return { outcome: "impossible", why: "payments_off" };
  const found = await db.transaction((tx) => openRenewal(tx, deps, userId));
  if ("outcome" in found) return found;
  if ("unwanted" in found) {
    await giveUp(db, deps, found.unwanted, "cancelled");
    return buyRenewal(db, deps, userId);
  }
  const { purchase, token } = found;
  const event = await provider.charge(orderOf(purchase), token);
  await applyPayment(db, deps, event);
  return { outcome: event.type, purchaseId: purchase.id };
}

async function openRenewal(
  tx: Db,
  { env: { billing } }: BillingDeps,
  userId: Id<"user">,
): Promise<Renewal | { purchase: Purchase; token: string } | { unwanted: Purchase }> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`renewal|${userId}`}, 0))`);
  // Before the wallet is read: its payment may be on its way this moment, and changes what is read then.
  const [open] = await tx
    .select()
    .from(purchases)
    .where(and(eq(purchases.userId, userId), eq(purchases.status, "pending"), purchases.automatic))
    .for("update");
  const [wallet] = await tx
    .select({
      plan: planToRenew,
      due: sql<boolean>`${renewalIsDue}`,
    })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  if (!wallet?.due) return { outcome: "not_due" };
  const [method] = await tx.select().from(paymentMethods).where(eq(paymentMethods.userId, userId));
  if (!method) return { outcome: "impossible", why: "no_method" };
  if (open && open.plan !== wallet.plan) return { unwanted: open };
  if (open) return { purchase: open, token: method.token };
  const [offer] = await tx
    .select()
    .from(planOffers)
    .where(and(eq(planOffers.plan, wallet.plan), planOffers.onSale));
  if (!offer || !billing.provider) return { outcome: "impossible", why: "not_on_sale" };
  const [purchase] = await tx
    .insert(purchases)
    .values({
      id: newId("purchase"),
      userId,
      kind: "plan",
      plan: offer.plan,
      days: offer.days,
      points: offer.points,
      ...priceOf(offer.price, billing.tax.rate),
      currency: billing.currency,
      taxName: billing.tax.name,
      taxRate: billing.tax.rate,
      provider: billing.provider,
      automatic: true,
    })
    .returning();
  if (!purchase) throw new Error("a renewal was not kept");
  return { purchase, token: method.token };
}
