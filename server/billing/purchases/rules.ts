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
