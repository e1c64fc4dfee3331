import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { txnKinds } from "./rules.ts";

/** Which bookings are meant. Days are those of the user's zone, both included. */
const parts = {
  kind: z.enum(txnKinds).optional(),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  campaign: idSchema("campaign").optional(),
};

/** Of an export, whose address may say more. */
export const historyFilter = z.object(parts);
export type HistoryFilter = z.infer<typeof historyFilter>;

export const historyInput = z
  .object({
    ...parts,
    /** The number of the booking after which the page begins. */
    cursor: z
      .string()
      .regex(/^\d{1,9}$/)
      .optional(),
  })
  .strict()
  .default({});
export type HistoryInput = z.infer<typeof historyInput>;
