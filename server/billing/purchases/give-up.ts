import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { purchases } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import type { BillingDeps } from "../deps.ts";
import { openProvider } from "../provider/open.ts";
import { applyPayment, settle } from "./apply.ts";
import { becomes, UNPAID_HOURS } from "./rules.ts";

const AT_ONCE = 200;

/**
 * Cancels a purchase that its user does not want to pay: its payment is closed at the provider first, so that nobody pays for
 * what was given up.
 * @param db the system path, not a transaction: the provider is asked between two
 * @throws not_found, already_settled: it was paid or declined before that, and is booked so
 */
export async function cancelPurchase(db: Db, deps: BillingDeps, userId: Id<"user">, id: Id<"purchase">): Promise<void> {
  const [purchase] = await db
    .select({ status: purchases.status })
    .from(purchases)
    .where(and(eq(purchases.id, id), eq(purchases.userId, userId)));
  if (!purchase) throw new DomainError("not_found");
  if (purchase.status !== "pending") throw new DomainError("already_settled");
  if (!(await giveUp(db, deps, id, "cancelled"))) throw new DomainError("already_settled");
}

/**
 * Purchases nobody paid within a day end, a few hundred at a time. Of one whose payment was made and whose callback never came,
 * the provider says so now.
 * @throws AggregateError after all were tried
 */
export async function expirePurchases(db: Db, deps: BillingDeps): Promise<void> {
  const due = await db
    .select({ id: purchases.id })
    .from(purchases)
    .where(
      and(
        eq(purchases.status, "pending"),
        sql`${purchases.createdAt} < app_now() - ${UNPAID_HOURS} * interval '1 hour'`,
      ),
    )
    .limit(AT_ONCE);
  const failures: unknown[] = [];
  for (const { id } of due) await giveUp(db, deps, id, "expired").catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, "not every purchase could be given up");
}

/** Whether it was given up: not when it was settled before. */
async function giveUp(
  db: Db,
  deps: BillingDeps,
  id: Id<"purchase">,
  status: "cancelled" | "expired",
): Promise<boolean> {
  const event = await openProvider(db, deps.env)?.close(id);
  if (event) {
    await applyPayment(db, deps, event);
    return false;
  }
  return db.transaction(async (tx) => {
    const [purchase] = await tx.select().from(purchases).where(eq(purchases.id, id)).for("update");
    if (!purchase || !becomes(purchase.status, status)) return false;
    await settle(tx, purchase, status);
    return true;
  });
}
