import { sql } from "drizzle-orm";
import { z } from "zod";
import type { ActiveHours } from "./rules.ts";

/** SQL: the columns that hours are read from, over `h` (a row of `schedules`). */
export const hoursColumns = sql`h.tz, h.windows, h.exceptions, h.paused, h.open_until`;

const stretch = { from: z.number(), to: z.number() };

/** A row that has them. They were checked when they were written. */
export const hoursRow = z.object({
  tz: z.string(),
  windows: z.array(z.object({ day: z.number(), ...stretch })).nullable(),
  exceptions: z.array(
    z.object({ date: z.string(), until: z.string(), name: z.string(), windows: z.array(z.object(stretch)) }),
  ),
  paused: z.boolean(),
  open_until: z.coerce.date().nullable(),
});

export const toHours = ({ tz, windows, exceptions, paused, open_until }: z.infer<typeof hoursRow>): ActiveHours => ({
  tz,
  windows,
  exceptions,
  paused,
  openUntil: open_until,
});
