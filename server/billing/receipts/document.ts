import { z } from "zod";

const party = z.object({ name: z.string(), address: z.string(), taxId: z.string() });

/** What a receipt says, as it is kept beside its bytes: the bytes are made of this and of nothing else. Amounts: minor units. */
export const receiptDocument = z.object({
  number: z.string(),
  /** ISO 8601; shown in `tz`, the seller's zone. */
  issuedAt: z.string(),
  paidAt: z.string(),
  tz: z.string(),
  /** No money was taken. */
  demo: z.boolean(),
  seller: party,
  buyer: party.extend({ email: z.string() }),
  currency: z.string(),
  lines: z.array(
    z.object({ what: z.string(), quantity: z.number().int(), price: z.number().int(), net: z.number().int() }),
  ),
  net: z.number().int(),
  /** `rate` in hundredths of a percent; null: none is charged. */
  tax: z.object({ name: z.string(), rate: z.number().int(), amount: z.number().int() }).nullable(),
  total: z.number().int(),
  purchaseId: z.string(),
  /** What the provider calls the payment. */
  paymentRef: z.string().nullable(),
});
export type ReceiptDocument = z.infer<typeof receiptDocument>;
