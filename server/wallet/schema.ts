import { z } from "zod";

/** Above what anybody would keep, and safe in a column of integers. */
export const LOW_POINTS_MAX = 1_000_000;

export const lowPointsInput = z
  .object({
    points: z
      .number("Type a whole number; 0 for no warning.")
      .int("Type a whole number; 0 for no warning.")
      .min(0, "Type 0 or more.")
      .max(LOW_POINTS_MAX, "Type a million at most."),
  })
  .strict();
export type LowPointsInput = z.infer<typeof lowPointsInput>;
