import { asc, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { planOffers, topupOffers } from "#db/schema/index.ts";
import type { PlanType } from "../../wallet/rules.ts";
import type { BillingDeps } from "../deps.ts";
import { type Price, priceOf } from "../rules.ts";
import { offerIdOf } from "./rules.ts";

/** What can be bought, at the price of now. */
export interface Offer extends Price {
  id: string;
  kind: "plan" | "topup";
  plan: PlanType | null;
  days: number | null;
  points: number;
}

/** Everything on sale: plans, shorter first, then packs of points, smaller first. */
export async function listOffers(tx: Db, { tax }: BillingDeps["env"]["billing"]): Promise<Offer[]> {
  const plans = await tx.select().from(planOffers).where(eq(planOffers.onSale, true)).orderBy(asc(planOffers.days));
  const packs = await tx
    .select()
    .from(topupOffers)
    .where(eq(topupOffers.onSale, true))
    .orderBy(asc(topupOffers.points));
  return [
    ...plans.map(({ plan, days, points, price }): Offer => {
      return { id: offerIdOf({ plan, points }), kind: "plan", plan, days, points, ...priceOf(price, tax.rate) };
    }),
    ...packs.map(({ points, price }): Offer => {
      const id = offerIdOf({ plan: null, points });
      return { id, kind: "topup", plan: null, days: null, points, ...priceOf(price, tax.rate) };
    }),
  ];
}
