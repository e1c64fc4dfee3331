import { randomBytes } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { demoPayments } from "#db/schema/index.ts";
import { type CardKind, cardOfToken, type PaymentStatus, pays } from "./rules.ts";

export type DemoPayment = typeof demoPayments.$inferSelect;
type Ordered = Pick<DemoPayment, "reference" | "amount" | "currency" | "description" | "returnUrl" | "keepMethod">;

/** A try that fails is followed by others for about three days. */
const TRIES = 25;

const newPaymentId = () => `dpy_${randomBytes(24).toString("base64url")}`;

/** The payment of a reference: the one there is, or a new one. Asked by many at once, all get the same. */
export async function orderPayment(db: Db, ordered: Ordered): Promise<DemoPayment> {
  const [payment] = await db
    .insert(demoPayments)
    .values({ id: newPaymentId(), ...ordered })
    .onConflictDoUpdate({
      target: demoPayments.reference,
      // Who comes to pay is led back to where they come from this time; who closes or charges it has no way back.
      set: { returnUrl: sql`coalesce(${ordered.returnUrl}, ${demoPayments.returnUrl})` },
    })
    .returning();
  if (!payment) throw new Error("the demo provider lost a payment");
  return payment;
}

export async function findPayment(db: Db, which: ReturnType<typeof eq>): Promise<DemoPayment | null> {
  const [payment] = await db.select().from(demoPayments).where(which);
  return payment ?? null;
}

/** A person pays by a card. What is settled stays as it is. */
export function payByCard(db: Db, id: string, card: CardKind): Promise<DemoPayment | null> {
  const token = `dtk_${card}_${randomBytes(16).toString("base64url")}`;
  return settleOnce(db, eq(demoPayments.id, id), pays(card, { there: true }) ? "paid" : "declined", token);
}

/** Nobody is there: a card is charged that was kept before. A token that is nobody's is declined. */
export function payByToken(db: Db, id: string, token: string): Promise<DemoPayment | null> {
  const card = cardOfToken(token);
  const paid = card !== null && pays(card, { there: false });
  return settleOnce(db, eq(demoPayments.id, id), paid ? "paid" : "declined", token);
}

/** A person does not want to pay, and goes back. */
export function cancelPayment(db: Db, id: string): Promise<DemoPayment | null> {
  return settleOnce(db, eq(demoPayments.id, id), "cancelled", null);
}

/**
 * The shop closes a payment: it knows, so it is not called back. One that was not ordered is written down as cancelled, so that
 * an order that is still on its way finds it so.
 */
export async function closePayment(db: Db, ordered: Ordered): Promise<DemoPayment | null> {
  const which = eq(demoPayments.reference, ordered.reference);
  await db
    .insert(demoPayments)
    .values({ id: newPaymentId(), ...ordered, status: "cancelled" })
    .onConflictDoNothing();
  await db
    .update(demoPayments)
    .set({ status: "cancelled" })
    .where(and(which, eq(demoPayments.status, "open")));
  return findPayment(db, which);
}

/** Settles an open payment and books the callback in the same transaction: neither is there without the other. */
async function settleOnce(
  db: Db,
  which: ReturnType<typeof eq>,
  status: Exclude<PaymentStatus, "open">,
  token: string | null,
): Promise<DemoPayment | null> {
  return db.transaction(async (tx) => {
    const [settled] = await tx
      .update(demoPayments)
      .set({ status, token })
      .where(and(which, eq(demoPayments.status, "open")))
      .returning();
    if (!settled) return findPayment(tx, which);
    await tx.execute(sql`
      select book_job('payments:call-back', json_build_object('paymentId', ${settled.id}::text), ${`payment:${settled.id}`},
        p_max_attempts => ${TRIES})`);
    return settled;
  });
}
