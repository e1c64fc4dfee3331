import { z } from "zod";
import { cardKinds } from "./rules.ts";

/** A payment's id cannot be guessed: whoever has the address may pay, as with any hosted checkout. */
const id = z.string().regex(/^dpy_[\w-]{32}$/, "This is not a valid id.");

export const paymentRef = z.object({ id }).strict();
export const payInput = z.object({ id, card: z.enum(cardKinds, "Choose a card.") }).strict();
export type PayInput = z.infer<typeof payInput>;

const kept = z.object({ token: z.string().min(1).max(200), label: z.string().min(1).max(100) }).strict();

/** What the demo provider posts. */
export const callbackBody = z
  .object({
    id: z.string().min(1).max(100),
    type: z.enum(["payment.paid", "payment.declined", "payment.cancelled"]),
    data: z
      .object({
        payment: z.string().min(1).max(100),
        reference: z.string().min(1).max(100),
        amount: z.number().int().nonnegative(),
        currency: z.string().length(3),
        method: kept.nullable(),
      })
      .strict(),
  })
  .strict();
export type CallbackBody = z.infer<typeof callbackBody>;
