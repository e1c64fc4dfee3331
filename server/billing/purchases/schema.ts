import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { campaignPath } from "./rules.ts";

export const planNames = ["15d", "30d"] as const;

/** One thing of what is offered: `plan-30d`, `points-200`. */
export const offerId = z
  .string("Choose what to buy.")
  .regex(/^(plan-(15d|30d)|points-[1-9]\d{0,6})$/, "Choose what to buy.");

/** The campaign the points are for: its page is led back to. */
const back = z
  .string()
  .refine((path) => campaignPath(path) !== null, "This is not the page of a campaign.")
  .optional();

export const buyInput = z
  .object({
    offer: offerId,
    /** What the person was shown that it costs with tax, in minor units: another price is asked about first. */
    total: z.number().int().nonnegative().optional(),
    /** The card is kept, so that plans renew themselves with it. */
    keepMethod: z.boolean().default(false),
    back,
  })
  .strict();
export type BuyInput = z.infer<typeof buyInput>;

export const purchaseRef = z.object({ id: idSchema("purchase") }).strict();

export const payInput = z.object({ id: idSchema("purchase"), back }).strict();
export type PayInput = z.infer<typeof payInput>;

export const purchasesInput = z
  .object({ cursor: idSchema("purchase").optional() })
  .strict()
  .default({});
