import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { demoPayments, invoices, paymentEvents, planPeriods, purchases, walletTxns } from "#db/schema/index.ts";
import { callbackKeys } from "#server/billing/provider/demo/keys.ts";
import { DEMO_CALLBACKS } from "#server/billing/provider/demo/rules.ts";
import type { CallbackBody } from "#server/billing/provider/demo/schema.ts";
import type { Env } from "#server/env.ts";
import { signatureHeaders } from "#server/webhooks/deliver/sign.ts";

/** What a payment's callback says, unless told otherwise. */
export async function eventOfPurchase(
  db: Db,
  id: Id<"purchase">,
  {
    id: eventId,
    type = "payment.paid",
    ...data
  }: Partial<CallbackBody["data"]> & Partial<Omit<CallbackBody, "data">> = {},
): Promise<CallbackBody> {
  const [payment] = await db.select().from(demoPayments).where(eq(demoPayments.reference, id));
  if (!payment) throw new Error(`${id} has no payment`);
  const { id: ref, reference, amount, currency } = payment;
  return {
    id: eventId ?? `${ref}.paid`,
    type,
    data: { payment: ref, reference, amount, currency, method: null, ...data },
  };
}

/** Posts an event as the provider does. `sign` may be somebody who has another key, or another time. */
export async function postCallback(
  origin: string,
  env: Pick<Env, "sessionKeys">,
  event: CallbackBody,
  { key = callbackKeys(env.sessionKeys)[0] ?? new Uint8Array(), at = new Date(), sent = JSON.stringify(event) } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${origin}${DEMO_CALLBACKS}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...signatureHeaders([key], event.id, at, JSON.stringify(event)),
    },
    body: sent,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** What came of a purchase: its status, what was booked for it, its receipts and the events that were kept. */
export async function traces(db: Db, id: Id<"purchase">) {
  const [purchase] = await db.select().from(purchases).where(eq(purchases.id, id));
  if (!purchase) throw new Error(`there is no ${id}`);
  const periods = await db.select().from(planPeriods).where(eq(planPeriods.refId, id));
  const booked = await db
    .select()
    .from(walletTxns)
    .where(and(eq(walletTxns.userId, purchase.userId), sql`${walletTxns.refId} in (${id}, ${periods[0]?.id ?? ""})`));
  const receipts = await db.select({ id: invoices.id }).from(invoices).where(eq(invoices.purchaseId, id));
  const events = await db.select().from(paymentEvents).where(eq(paymentEvents.purchaseId, id));
  return { purchase, periods, booked, receipts, events };
}
