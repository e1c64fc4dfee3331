import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId } from "#db/ids.ts";
import { paymentEvents, paymentMethods, purchases } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { book } from "../../wallet/ledger.ts";
import type { BillingDeps } from "../deps.ts";
import { renewalDeclined } from "../plans/renewal.ts";
import { setAutoRenew } from "../plans/settings.ts";
import { startPeriod } from "../plans/start-period.ts";
import type { KeptMethod, PaymentEvent } from "../provider/port.ts";
import { issueReceipt } from "../receipts/issue.ts";
import { becomes } from "./rules.ts";

type Billing = BillingDeps["env"]["billing"];
export type Purchase = typeof purchases.$inferSelect;

/** What an event made of its purchase: what it says, or nothing, because it or another was heard before. */
export type Applied = PaymentEvent["type"] | "nothing";

/**
 * Makes of a provider's event what there is to be made: the purchase is settled, points or a period are booked, the card is
 * kept and the receipt is written, in one transaction and once, however often and by whatever way the event comes.
 * @param db the system path
 * @throws payment_unknown, payment_mismatch
 */
export async function applyPayment(db: Db, deps: BillingDeps, event: PaymentEvent): Promise<Applied> {
  const { reference, eventId, type } = event;
  const log = deps.log.child({ event: "payment", eventId, type, purchaseId: reference });
  if (!isId("purchase", reference)) {
    log.error("a payment names no purchase of ours");
    throw new DomainError("payment_unknown");
  }
  const said = await db.transaction((tx) => applyOnce(tx, deps.env.billing, reference, event));
  if (said === "unknown") {
    log.error("a payment names no purchase of ours");
    throw new DomainError("payment_unknown");
  }
  if (typeof said === "object") {
    log.error({ differs: said.differs }, "a payment is not the one that was ordered");
    throw new DomainError("payment_mismatch", { what: said.differs });
  }
  log.info({ outcome: said }, "a payment was heard of");
  return said;
}

type Said = Applied | "unknown" | { differs: string };

/** The row of the purchase is locked first: whoever hears the same at the same moment waits here, and finds it done. */
async function applyOnce(tx: Db, billing: Billing, id: Id<"purchase">, event: PaymentEvent): Promise<Said> {
  const [purchase] = await tx.select().from(purchases).where(eq(purchases.id, id)).for("update");
  if (!purchase) return "unknown";
  const { provider, eventId, type } = event;
  const differs = difference(purchase, event);
  const heard = await tx
    .insert(paymentEvents)
    .values({ provider, eventId, purchaseId: id, type, outcome: outcomeOf(purchase, event) })
    .onConflictDoNothing()
    .returning({ eventId: paymentEvents.eventId });
  if (differs) return { differs };
  if (heard.length === 0 || !becomes(purchase.status, type)) return "nothing";
  await settle(tx, purchase, type, event.providerRef);
  if (type === "paid") {
    await give(tx, purchase);
    if (event.method && purchase.keepMethod) await keepMethod(tx, billing, purchase, event.method);
    await issueReceipt(tx, billing.seller, id, provider === "demo");
  }
  return type;
}

/** What was paid must be what was ordered, of the same provider; null when it is. */
function difference(purchase: Purchase, event: PaymentEvent): string | null {
  if (event.provider !== purchase.provider) return "provider";
  if (purchase.providerRef !== null && event.providerRef !== purchase.providerRef) return "payment";
  if (event.amount !== purchase.total) return "amount";
  return event.currency === purchase.currency ? null : "currency";
}

/** What is kept of an event: what it made of its purchase, or why nothing. */
function outcomeOf(purchase: Purchase, event: PaymentEvent): string {
  const differs = difference(purchase, event);
  if (differs) return `refused: its ${differs} differs`;
  return becomes(purchase.status, event.type) ? event.type : `nothing: it was ${purchase.status}`;
}

/** Writes down what became of a purchase, and tells its user's screens. @param tx holds the purchase's row */
export async function settle(
  tx: Db,
  { id, userId, kind, points, total, currency, automatic }: Purchase,
  status: "paid" | "declined" | "cancelled" | "expired",
  providerRef?: string,
): Promise<void> {
  await tx.update(purchases).set({ status, settledAt: sql`app_now()`, providerRef }).where(eq(purchases.id, id));
  const meta = { purchaseId: id, kind, points, total, currency, automatic };
  await recordAudit(tx, userId, `purchase.${status}`, meta);
  if (automatic && status === "declined") await renewalDeclined(tx, userId);
  await publish(tx, userId, "wallet", id);
}

/** What was paid for. */
async function give(tx: Db, { id, userId, plan, days, points }: Purchase): Promise<void> {
  if (plan && days !== null) await startPeriod(tx, userId, { plan, days, points, refId: id });
  else await book(tx, userId, { type: "topup", points, refId: id });
}

/** One card is kept for each user, the last one they said so of; kept with a plan, the plan is renewed with it from now on. */
async function keepMethod(
  tx: Db,
  billing: Billing,
  { userId, provider, kind }: Purchase,
  { token, label }: KeptMethod,
) {
  const row = { provider, token, label };
  await tx
    .insert(paymentMethods)
    .values({ userId, ...row })
    .onConflictDoUpdate({ target: paymentMethods.userId, set: { ...row, createdAt: sql`now()` } });
  if (kind === "plan" && billing.provider) await setAutoRenew(tx, billing, userId, { to: "on" });
}
