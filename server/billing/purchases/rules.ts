import { type Id, isId } from "#db/ids.ts";
import type { PlanType } from "../../wallet/rules.ts";

export type PurchaseStatus = "pending" | "paid" | "declined" | "cancelled" | "expired";
export type SettledStatus = Exclude<PurchaseStatus, "pending">;

/**
 * The life of a purchase. It is paid at most once, and for good. Money that came in after all is for what was bought: a
 * provider may tell late that somebody paid, also when we had given up waiting.
 */
const life: Record<PurchaseStatus, readonly PurchaseStatus[]> = {
  pending: ["paid", "declined", "cancelled", "expired"],
  declined: ["paid"],
  cancelled: ["paid"],
  expired: ["paid"],
  paid: [],
};

/** Whether a purchase in `from` becomes `to` when that is heard. */
export const becomes = (from: PurchaseStatus, to: PurchaseStatus): boolean => life[from].includes(to);

/** What waits for its payment so long is given up. */
export const UNPAID_HOURS = 24;

/** So many purchases of a user may wait for their payment at the same time. */
export const WAITING_AT_MOST = 10;

/** How an offer is called: `plan-30d`, `points-200`. */
export const offerIdOf = ({ plan, points }: { plan: PlanType | null; points: number }): string =>
  plan ? `plan-${plan}` : `points-${points}`;

/**
 * The offer to show as chosen: the one that is asked for, else the smallest pack with all the points that are missing, or the
 * largest; else the first. Undefined where nothing is on sale.
 */
export function suggested<O extends { id: string; kind: "plan" | "topup"; points: number }>(
  offers: readonly O[],
  { offer, missing }: { offer?: string | null; missing?: number | null },
): O | undefined {
  const packs = offers.filter(({ kind }) => kind === "topup").toSorted((a, b) => a.points - b.points);
  const enough = missing ? (packs.find(({ points }) => points >= missing) ?? packs.at(-1)) : undefined;
  return offers.find(({ id }) => id === offer) ?? enough ?? offers[0];
}

/** The page of a campaign, which a purchase may lead back to; any other address is none. */
export function campaignPath(path: string | null | undefined): string | null {
  const [, id] = path?.match(/^\/campaigns\/([^/?#]+)$/) ?? [];
  return id !== undefined && isId("campaign", id) ? `/campaigns/${id}` : null;
}

/** Where points are bought for a campaign that lacks some, and from where one comes back to it. */
export const pointsFor = (campaignId: Id<"campaign">, missing: number): string =>
  `/billing/buy?${new URLSearchParams({ missing: String(missing), back: `/campaigns/${campaignId}` })}`;
