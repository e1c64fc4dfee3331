import { and, desc, eq, lt } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { invoices, paymentMethods, planPeriods, purchases } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { whatIsBought } from "../rules.ts";

const PAGE = 30;

const columns = {
  id: purchases.id,
  kind: purchases.kind,
  plan: purchases.plan,
  days: purchases.days,
  points: purchases.points,
  net: purchases.net,
  tax: purchases.tax,
  total: purchases.total,
  currency: purchases.currency,
  taxName: purchases.taxName,
  taxRate: purchases.taxRate,
  status: purchases.status,
  automatic: purchases.automatic,
  createdAt: purchases.createdAt,
  settledAt: purchases.settledAt,
  invoiceId: invoices.id,
  invoiceNumber: invoices.number,
};

/** What a user bought or meant to, newest first. */
export async function listPurchases(tx: Db, userId: Id<"user">, input: { cursor?: Id<"purchase"> | undefined }) {
  const rows = await tx
    .select(columns)
    .from(purchases)
    .leftJoin(invoices, eq(invoices.purchaseId, purchases.id))
    .where(and(eq(purchases.userId, userId), input.cursor ? lt(purchases.id, input.cursor) : undefined))
    .orderBy(desc(purchases.id))
    .limit(PAGE + 1);
  const page = rows.slice(0, PAGE);
  return {
    rows: page.map((row) => ({ ...row, what: whatIsBought(row) })),
    nextCursor: rows.length > PAGE ? (page.at(-1)?.id ?? null) : null,
  };
}

/** One purchase, with the period that came of it. @throws not_found */
export async function getPurchase(tx: Db, userId: Id<"user">, id: Id<"purchase">) {
  const [row] = await tx
    .select({ ...columns, startsAt: planPeriods.startsAt, endsAt: planPeriods.endsAt })
    .from(purchases)
    .leftJoin(invoices, eq(invoices.purchaseId, purchases.id))
    .leftJoin(planPeriods, eq(planPeriods.refId, purchases.id))
    .where(and(eq(purchases.id, id), eq(purchases.userId, userId)));
  if (!row) throw new DomainError("not_found");
  return { ...row, what: whatIsBought(row) };
}

/** The card that renewals are charged to; null: none is kept. */
export async function getMethod(tx: Db, userId: Id<"user">): Promise<{ label: string; createdAt: Date } | null> {
  const [method] = await tx
    .select({ label: paymentMethods.label, createdAt: paymentMethods.createdAt })
    .from(paymentMethods)
    .where(eq(paymentMethods.userId, userId));
  return method ?? null;
}
