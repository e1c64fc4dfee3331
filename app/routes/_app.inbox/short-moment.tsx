import { formatMoment } from "../../lib/format.ts";
import { useTimeZone } from "../../lib/use-account.ts";

const day = (at: Date, tz: string) => new Intl.DateTimeFormat("en-CA", { timeZone: tz }).format(at);

/** "14:05" */
export const clock = (at: Date, tz: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: tz, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);

/** "Sunday 22 November 2026, GMT+7" */
export function dayWords(at: Date, tz: string): string {
  const words = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;
  const zone = new Intl.DateTimeFormat("en-GB", { timeZone: tz, timeZoneName: "short" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  return `${new Intl.DateTimeFormat("en-GB", { timeZone: tz, ...words }).format(at)}, ${zone}`;
}

/** Whether two moments are on one day of this zone. */
export const sameDay = (a: Date, b: Date, tz: string): boolean => day(a, tz) === day(b, tz);

/** The time of today, else the date: where there is no room for more. The whole of it, with its zone, is its title. */
export function ShortMoment({ at, now }: { at: Date; now: Date }) {
  const tz = useTimeZone();
  const date = () => new Intl.DateTimeFormat("en-GB", { timeZone: tz, day: "numeric", month: "short" }).format(at);
  return (
    <time dateTime={at.toISOString()} title={formatMoment(at, tz)} suppressHydrationWarning>
      {sameDay(at, now, tz) ? clock(at, tz) : date()}
    </time>
  );
}
