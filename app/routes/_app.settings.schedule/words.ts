import { dateIn } from "#server/schedules/clock/rules.ts";

/** A moment near by, in its zone: "18:00 (GMT+7)" of today, "Mon, 23 Nov, 09:00 (GMT+7)" of another day. */
export function momentIn(tz: string, at: Date, now: Date): string {
  const day = dateIn(tz, at) === dateIn(tz, now) ? {} : ({ weekday: "short", day: "numeric", month: "short" } as const);
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const zone = new Intl.DateTimeFormat("en-GB", { timeZone: tz, timeZoneName: "short" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  return `${new Intl.DateTimeFormat("en-GB", { timeZone: tz, ...day, ...clock }).format(at)} (${zone})`;
}

const dates = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** "Thu, 24 Dec 2026", or from one date to another. */
export function datesInWords(date: string, until: string): string {
  const first = dates.format(new Date(date));
  return until === date ? first : `${first} – ${dates.format(new Date(until))}`;
}
