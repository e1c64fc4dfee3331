import { and, asc, eq, type SQL } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { planOffers, topupOffers } from "#db/schema/index.ts";
import { type PlanType, planTypes } from "../../wallet/rules.ts";
import type { BillingDeps } from "../deps.ts";
import { type Price, priceOf } from "../rules.ts";

type Billing = BillingDeps["env"]["billing"];

/** What can be bought, at the price of now. */
export interface Offer extends Price {
  id: string;
  kind: "plan" | "topup";
  plan: "15d" | "30d" | null;
  days: number | null;
  points: number;
}

/** Everything on sale: plans, shorter first, then packs of points, smaller first. */
export async function listOffers(tx: Db, billing: Billing): Promise<Offer[]> {
  return [...(await plansOnSale(tx, billing)), ...(await packsOnSale(tx, billing))];
}

/** One offer, as it is now; null: it is not on sale. */
export async function findOffer(tx: Db, billing: Billing, id: string): Promise<Offer | null> {
  const plan = planTypes.find((name) => id === planOfferId(name));
  const points = Number(id.match(/^points-(\d+)$/)?.[1]);
  const found = plan
    ? await plansOnSale(tx, billing, eq(planOffers.plan, plan))
    : points
      ? await packsOnSale(tx, billing, eq(topupOffers.points, points))
      : [];
  return found[0] ?? null;
}

const planOfferId = (plan: PlanType) => `plan-${plan}`;

async function plansOnSale(tx: Db, { tax }: Billing, which?: SQL): Promise<Offer[]> {
  const rows = await tx.select().from(planOffers).where(and(planOffers.onSale, which)).orderBy(asc(planOffers.days));
  return rows.map(({ plan, days, points, price }) => ({
    id: planOfferId(plan),
    kind: "plan",
    plan,
    days,
    points,
    ...priceOf(price, tax.rate),
  }));
}

async function packsOnSale(tx: Db, { tax }: Billing, which?: SQL): Promise<Offer[]> {
  const rows = await tx
    .select()
    .from(topupOffers)
    .where(and(topupOffers.onSale, which))
    .orderBy(asc(topupOffers.points));
  return rows.map(({ points, price }) => ({
    id: `points-${points}`,
    kind: "topup",
    plan: null,
    days: null,
    points,
    ...priceOf(price, tax.rate),
  }));
}
