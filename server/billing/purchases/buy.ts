import { and, count, eq, isNull, not, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { purchases } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { withUser } from "../../users/with-user.ts";
import type { BillingDeps } from "../deps.ts";
import { openProvider } from "../provider/open.ts";
import type { PaymentProvider } from "../provider/port.ts";
import type { Purchase } from "./apply.ts";
import { listOffers, type Offer } from "./offers.ts";
import { orderOf } from "./order.ts";
import { WAITING_AT_MOST } from "./rules.ts";
import type { BuyInput, PayInput } from "./schema.ts";

/** A purchase and the page where it is paid. */
export interface Checkout {
  id: Id<"purchase">;
  url: string;
}

/**
 * Buys something that is on offer, at the price of now, and answers where to pay. Nothing is given before it is paid. Who buys
 * the same again while it waits for its payment gets the same purchase: one that is clicked twice is paid once.
 * @param db the system path, not a transaction: the provider is asked after the purchase is kept
 * @throws payments_off, not_on_sale, price_changed, too_many_waiting
 */
export async function buy(db: Db, deps: BillingDeps, userId: Id<"user">, input: BuyInput): Promise<Checkout> {
  const provider = openProvider(db, deps.env);
  if (!provider) throw new DomainError("payments_off");
  const purchase = await withUser(db, userId, (tx) => keepPurchase(tx, deps, provider.name, userId, input));
  return sendToCheckout(db, deps, provider, purchase, input.back);
}

/** Where to pay a purchase that waits for it. @throws payments_off, not_found, already_settled */
export async function goOnPaying(
  db: Db,
  deps: BillingDeps,
  userId: Id<"user">,
  { id, back }: PayInput,
): Promise<Checkout> {
  const provider = openProvider(db, deps.env);
  if (!provider) throw new DomainError("payments_off");
  const [purchase] = await db
    .select()
    .from(purchases)
    .where(and(eq(purchases.id, id), eq(purchases.userId, userId)));
  if (!purchase) throw new DomainError("not_found");
  if (purchase.status !== "pending" || purchase.automatic) throw new DomainError("already_settled");
  return sendToCheckout(db, deps, provider, purchase, back);
}

async function keepPurchase(
  tx: Db,
  { env: { billing } }: BillingDeps,
  provider: PaymentProvider["name"],
  userId: Id<"user">,
  { offer: offerId, total, keepMethod }: BuyInput,
): Promise<Purchase> {
  // One after the other: two at once would each find nothing that waits.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`buy|${userId}`}, 0))`);
  const offer = (await listOffers(tx, billing)).find(({ id }) => id === offerId);
  if (!offer) throw new DomainError("not_on_sale");
  if (total !== undefined && total !== offer.total) throw new DomainError("price_changed");
  const same = await findSame(tx, billing.currency, userId, offer, keepMethod);
  if (same) return same;
  const waiting = and(eq(purchases.userId, userId), eq(purchases.status, "pending"), not(purchases.automatic));
  const [has] = await tx.select({ n: count() }).from(purchases).where(waiting);
  if ((has?.n ?? 0) >= WAITING_AT_MOST) throw new DomainError("too_many_waiting", { limit: WAITING_AT_MOST });
  const { id: _name, ...bought } = offer;
  const [purchase] = await tx
    .insert(purchases)
    .values({
      id: newId("purchase"),
      userId,
      ...bought,
      currency: billing.currency,
      taxName: billing.tax.name,
      taxRate: billing.tax.rate,
      provider,
      keepMethod,
    })
    .returning();
  if (!purchase) throw new Error("a purchase was not kept");
  const { id: purchaseId, kind, points, currency } = purchase;
  await recordAudit(tx, userId, "purchase.made", { purchaseId, kind, points, total: purchase.total, currency });
  return purchase;
}

async function findSame(tx: Db, currency: string, userId: Id<"user">, offer: Offer, keepMethod: boolean) {
  const [same] = await tx
    .select()
    .from(purchases)
    .where(
      and(
        eq(purchases.userId, userId),
        eq(purchases.status, "pending"),
        not(purchases.automatic),
        eq(purchases.kind, offer.kind),
        offer.plan ? eq(purchases.plan, offer.plan) : isNull(purchases.plan),
        eq(purchases.points, offer.points),
        eq(purchases.total, offer.total),
        eq(purchases.currency, currency),
        eq(purchases.keepMethod, keepMethod),
      ),
    );
  return same;
}

/** Asked again for the same purchase, the provider answers the same page: what a crash cut off goes on here. */
async function sendToCheckout(
  db: Db,
  { env }: BillingDeps,
  provider: PaymentProvider,
  purchase: Purchase,
  back: string | undefined,
): Promise<Checkout> {
  const { id, keepMethod, providerRef } = purchase;
  const search = new URLSearchParams({ returned: "1", ...(back !== undefined && { back }) });
  const returnUrl = `${env.appOrigin}/billing/purchases/${id}?${search}`;
  const { ref, url } = await provider.checkout({ ...orderOf(purchase), keepMethod, returnUrl });
  if (providerRef === null) {
    // Unless its callback was faster.
    await db
      .update(purchases)
      .set({ providerRef: ref, checkoutUrl: url })
      .where(and(eq(purchases.id, id), isNull(purchases.providerRef)));
  }
  return { id, url };
}
