import { z } from "zod";
import { isTimeZone } from "../auth/rules.ts";

const minute = z.number().int().min(0).max(1_440);

export const setScheduleInput = z
  .object({
    tz: z.string().refine(isTimeZone, "Choose a time zone such as Asia/Jakarta."),
    /** null: always. */
    windows: z
      .array(
        z
          .object({
            day: z.union([
              z.literal(0),
              z.literal(1),
              z.literal(2),
              z.literal(3),
              z.literal(4),
              z.literal(5),
              z.literal(6),
            ]),
            from: minute,
            to: minute,
          })
          .strict()
          .refine((window) => window.from < window.to, "A window ends after it begins."),
      )
      .max(100)
      .nullable(),
    paused: z.boolean(),
  })
  .strict();
export type SetScheduleInput = z.infer<typeof setScheduleInput>;
