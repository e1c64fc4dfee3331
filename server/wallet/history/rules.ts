/** What a booking can be, in the order in which people look for them. */
export const txnKinds = ["deduct", "refund", "topup", "allocation", "grant"] as const;
export type TxnKind = (typeof txnKinds)[number];

/** A booking in words. */
export const txnWords = {
  deduct: "Message accepted",
  refund: "Given back",
  topup: "Points bought",
  allocation: "Points of the plan",
  grant: "Points given",
} as const satisfies Record<TxnKind, string>;
