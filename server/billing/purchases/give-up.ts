import { and, eq, exists, isNull, not, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { purchases, wallets } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import type { BillingDeps } from "../deps.ts";
import { renewalIsDue } from "../plans/renewal.ts";
import { openProvider } from "../provider/open.ts";
import { applyPayment, type Purchase, settle } from "./apply.ts";
import { orderOf } from "./order.ts";
import { becomes, UNPAID_HOURS } from "./rules.ts";

const AT_ONCE = 200;

/**
 * Cancels a purchase that its user does not want to pay: its payment is closed at the provider first, so that nobody pays for
 * what was given up.
 * @param db the system path, not a transaction: the provider is asked between two
 * @throws not_found; already_settled: it was paid or declined before that, and is booked so; renewal_not_cancelled;
 *   payment_unsure: it was ordered, and no provider can be asked
 */
export async function cancelPurchase(db: Db, deps: BillingDeps, userId: Id<"user">, id: Id<"purchase">): Promise<void> {
  const [purchase] = await db
    .select()
    .from(purchases)
    .where(and(eq(purchases.id, id), eq(purchases.userId, userId)));
  if (!purchase) throw new DomainError("not_found");
  if (purchase.status !== "pending") throw new DomainError("already_settled");
  if (purchase.automatic) throw new DomainError("renewal_not_cancelled");
  if (!deps.env.billing.provider && purchase.providerRef !== null) throw new DomainError("payment_unsure");
  if (!(await giveUp(db, deps, purchase, "cancelled"))) throw new DomainError("already_settled");
}

/**
 * Purchases nobody paid within a day end, a few hundred at a time. Of one whose payment was made and whose callback never came,
 * the provider says so now; where there is none to ask, only what was never ordered ends. A renewal that is due is gone on with.
 * @throws AggregateError after all were tried
 */
export async function expirePurchases(db: Db, deps: BillingDeps): Promise<void> {
  const isDue = exists(
    db
      .select({ id: wallets.id })
      .from(wallets)
      .where(and(eq(wallets.userId, purchases.userId), renewalIsDue)),
  );
  const due = await db
    .select()
    .from(purchases)
    .where(
      and(
        eq(purchases.status, "pending"),
        sql`${purchases.createdAt} < app_now() - ${UNPAID_HOURS} * interval '1 hour'`,
        sql`not (${purchases.automatic} and ${isDue})`,
        deps.env.billing.provider ? undefined : and(isNull(purchases.providerRef), not(purchases.automatic)),
      ),
    )
    .limit(AT_ONCE);
  const failures: unknown[] = [];
  for (const each of due) await giveUp(db, deps, each, "expired").catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, "not every purchase could be given up");
}

/**
 * Ends a purchase that was not paid, closed at the provider first. Whether it was given up: not when it was settled before.
 * @param db the system path, not a transaction
 */
export async function giveUp(
  db: Db,
  deps: BillingDeps,
  given: Purchase,
  status: "cancelled" | "expired",
): Promise<boolean> {
  const event = await openProvider(db, deps.env)?.close(orderOf(given));
  if (event) {
    await applyPayment(db, deps, event);
    return false;
  }
  return db.transaction(async (tx) => {
    const [purchase] = await tx.select().from(purchases).where(eq(purchases.id, given.id)).for("update");
    if (!purchase || !becomes(purchase.status, status)) return false;
    await settle(tx, purchase, status);
    return true;
  });
}
