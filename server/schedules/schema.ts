import { z } from "zod";
import { isTimeZone } from "../auth/rules.ts";
import type { Window } from "./rules.ts";
import { DAY_MINUTES, minuteOf, stretchOf } from "./windows/rules.ts";

export const MAX_WINDOWS = 100;
export const MAX_EXCEPTIONS = 60;
const MAX_WINDOWS_OF_A_DATE = 8;

const ends = "A window ends after it begins, within a day.";
const stretch = {
  from: z.number().int().min(0).max(1_439),
  to: z
    .number()
    .int()
    .min(1)
    .max(2 * DAY_MINUTES),
};
const isStretch = ({ from, to }: { from: number; to: number }) => from < to && to - from <= DAY_MINUTES;

/** A window of each week, in minutes from midnight of the weekday on which it begins (0 = Sunday); see `Window`. */
export const windowSchema = z
  .object({ day: z.number().int().min(0).max(6), ...stretch })
  .strict()
  .refine(isStretch, ends);
/** Windows as a program gives them. */
export const windowsSchema = z.array(windowSchema).max(MAX_WINDOWS, `At most ${MAX_WINDOWS} windows.`);

const zone = z.string({ error: "Choose a time zone." }).refine(isTimeZone, "Choose a time zone such as Asia/Jakarta.");
const date = z.iso.date({ error: "Choose a date." });

const exception = {
  date,
  /** The last of its dates; without it there is one. */
  until: date.optional(),
  name: z.string({ error: "Name it." }).trim().min(1, "Name it.").max(60, "At most 60 characters."),
  /** None: closed. */
  windows: z.array(z.object(stretch).strict().refine(isStretch, ends)).max(MAX_WINDOWS_OF_A_DATE),
};
export const exceptionInput = z.object(exception).strict();
export type ExceptionInput = z.infer<typeof exceptionInput>;

/** Names an exception: two are never on the same date. */
export const exceptionRef = z.object({ date }).strict();

export const setScheduleInput = z
  .object({
    tz: zone,
    /** null: always. */
    windows: windowsSchema.nullable(),
    /** Left as they are when they are not given. */
    exceptions: z.array(exceptionInput).max(MAX_EXCEPTIONS).optional(),
    paused: z.boolean().optional(),
  })
  .strict();
export type SetScheduleInput = z.infer<typeof setScheduleInput>;

export const activateInput = z
  .object({
    /** For an hour, until the next midnight, or until a clock of the hours' zone shows this: "2026-11-24T18:30". */
    until: z.union([z.literal("hour"), z.literal("midnight"), z.iso.datetime({ local: true, precision: -1 })], {
      error: "Choose a date and a time.",
    }),
  })
  .strict();
export type ActivateInput = z.infer<typeof activateInput>;

// As forms send them: times as a clock shows them, a row that is empty is no window.
const clock = z.string().refine((text) => minuteOf(text) !== null, "Write a time such as 09:00.");
const times = { from: clock.optional(), to: clock.optional() };

function readTimes(row: { from?: string | undefined; to?: string | undefined }, path: number, ctx: z.RefinementCtx) {
  if (!row.from && !row.to) return null;
  const [from, to] = [minuteOf(row.from ?? ""), minuteOf(row.to ?? "")];
  if (from !== null && to !== null) return stretchOf(from, to);
  ctx.addIssue({ code: "custom", path: [path, row.from ? "to" : "from"], message: "Give both times, or none." });
  return null;
}

/** The field that `WeekCalendar` is: rows of weekday and two times. An end that is not later than the beginning is the next day's. */
export const windowsField = z
  .array(z.object({ day: z.coerce.number().int().min(0).max(6), ...times }).strict())
  // A page without JavaScript has an empty row for each day beside.
  .max(MAX_WINDOWS + 7, `At most ${MAX_WINDOWS} windows.`)
  .default([])
  .transform((rows, ctx): Window[] =>
    rows.flatMap((row, n) => {
      const read = readTimes(row, n, ctx);
      return read ? [{ day: row.day, ...read }] : [];
    }),
  );

export const hoursForm = z.object({ tz: zone, windows: windowsField }).strict();

export const exceptionForm = z
  .object({
    ...exception,
    kind: z.enum(["closed", "own"], { error: "Choose one." }),
    windows: z
      .array(z.object(times).strict())
      .max(MAX_WINDOWS_OF_A_DATE)
      .default([])
      .transform((rows, ctx) => rows.flatMap((row, n) => readTimes(row, n, ctx) ?? [])),
  })
  .strict()
  .refine(({ kind, windows }) => kind === "closed" || windows.length > 0, {
    path: ["kind"],
    error: "Give the times at which it is open, or choose closed.",
  });

/** What a form asks for: times count only where it says so. */
export const exceptionOf = ({ kind, windows, ...rest }: z.infer<typeof exceptionForm>): ExceptionInput => ({
  ...rest,
  windows: kind === "closed" ? [] : windows,
});
