export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** A stretch of time, half-open, in which a zone's clock runs without a jump. Milliseconds. */
export interface Span {
  from: number;
  to: number;
  /** What the zone's clock is ahead of UTC. */
  offset: number;
}

/** A UTC day of a zone: the offset at its beginning, that at its end, and when the one becomes the other. */
interface ZoneDay {
  before: number;
  after: number;
  changesAt: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const days = new Map<string, ZoneDay>();
/** Some years of a few zones: asking the platform is a thousand times slower than looking here. */
const DAYS_KEPT = 5_000;

function askOffset(tz: string, at: number): number {
  let format = formats.get(tz);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: tz, timeZoneName: "longOffset" });
    formats.set(tz, format);
  }
  // "11/22/2026, GMT+07:00"; UTC itself is "GMT" alone.
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(format.format(at)) ?? [];
  const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS;
  return sign === "-" ? -ms : ms;
}

function zoneDay(tz: string, day: number): ZoneDay {
  const key = `${tz} ${day}`;
  const known = days.get(key);
  if (known) return known;
  const [start, end] = [day * DAY_MS, (day + 1) * DAY_MS];
  const [before, after] = [askOffset(tz, start), askOffset(tz, end)];
  let changesAt = end;
  if (before !== after) {
    // Clocks change at most once in a day, at a whole minute: halving finds it.
    let [low, high] = [start / MINUTE_MS, end / MINUTE_MS];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (askOffset(tz, middle * MINUTE_MS) === before) low = middle;
      else high = middle;
    }
    changesAt = high * MINUTE_MS;
  }
  if (days.size >= DAYS_KEPT) days.clear();
  const found = { before, after, changesAt };
  days.set(key, found);
  return found;
}

/** How far the clock of an IANA zone is ahead of UTC at an instant, both in milliseconds. */
export function offsetAt(tz: string, at: number): number {
  const { before, after, changesAt } = zoneDay(tz, Math.floor(at / DAY_MS));
  return at < changesAt ? before : after;
}

/** The time between two instants, in pieces in which the zone's clock runs on. None is longer than a day. */
export function* spansBetween(tz: string, from: number, to: number): Generator<Span> {
  for (let at = from; at < to; ) {
    const day = Math.floor(at / DAY_MS);
    const { before, after, changesAt } = zoneDay(tz, day);
    const dayEnds = (day + 1) * DAY_MS;
    const end = Math.min(to, at < changesAt ? changesAt : dayEnds);
    yield { from: at, to: end, offset: at < changesAt ? before : after };
    at = end;
  }
}

/** The next change of a zone's clock within a year: when, and what it shows just before and just after. Null where it has none. */
export function nextClockChange(tz: string, at: Date): { at: Date; before: Date; after: Date } | null {
  let last: Span | null = null;
  for (const span of spansBetween(tz, at.getTime(), at.getTime() + 366 * DAY_MS)) {
    if (last && last.offset !== span.offset) {
      const wall = (offset: number) => new Date(span.from + offset);
      return { at: new Date(span.from), before: wall(last.offset), after: wall(span.offset) };
    }
    last = span;
  }
  return null;
}

/** The date that a zone's clock shows: "2026-11-24". */
export const dateIn = (tz: string, at: Date): string =>
  isoDate(Math.floor((at.getTime() + offsetAt(tz, at.getTime())) / DAY_MS));

/** A day counted from 1 January 1970, as "2026-11-24". */
export const isoDate = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
