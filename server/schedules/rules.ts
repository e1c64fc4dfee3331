import { DAY_MS, isoDate, MINUTE_MS, offsetAt, spansBetween } from "./clock/rules.ts";

/**
 * A window of each week. It belongs to the weekday on which it begins (0 = Sunday) and is counted in minutes from that day's
 * midnight, half-open: [from, to). `to` beyond 1,440 lies in the next day; no window is longer than a day.
 */
export interface Window {
  day: number;
  from: number;
  to: number;
}

/**
 * Dates on which the week does not count: from `date` to `until`, both included, only these windows do (none: closed). What
 * began the evening before ends at midnight.
 */
export interface HoursException {
  date: string;
  until: string;
  name: string;
  windows: { from: number; to: number }[];
}

/** When a user's messages may leave. */
export interface ActiveHours {
  tz: string;
  /** null: always open. */
  windows: readonly Window[] | null;
  exceptions: readonly HoursException[];
  /** Nothing leaves, whatever else is said here. */
  paused: boolean;
  /** Open until then, whatever windows and exceptions say; null, or in the past: they decide. */
  openUntil: Date | null;
}

const DAY_MINUTES = 1_440;
/** A window that a clock change swallowed comes back a week later. */
const WEEK_AND_A_DAY_MS = 8 * DAY_MS;

const holds = ({ from, to }: { from: number; to: number }, minute: number): boolean => from <= minute && minute < to;

function exceptionOn({ exceptions }: ActiveHours, day: number): HoursException | undefined {
  if (exceptions.length === 0) return undefined;
  const date = isoDate(day);
  return exceptions.find((exception) => exception.date <= date && date <= exception.until);
}

/** Whether windows and exceptions are open when the clock on the wall shows this. `wall`: milliseconds, as if it were UTC. */
function isOpenByTheClock(hours: ActiveHours, wall: number): boolean {
  const day = Math.floor(wall / DAY_MS);
  const minute = Math.floor((wall - day * DAY_MS) / MINUTE_MS);
  const today = exceptionOn(hours, day);
  if (today) return today.windows.some((window) => holds(window, minute));
  const { windows } = hours;
  if (windows === null) return true;
  // 1 January 1970 was a Thursday.
  const weekday = (((day + 4) % 7) + 7) % 7;
  if (windows.some((window) => window.day === weekday && holds(window, minute))) return true;
  const tomorrow = minute + DAY_MINUTES;
  const yesterday = exceptionOn(hours, day - 1);
  if (yesterday) return yesterday.windows.some((window) => holds(window, tomorrow));
  return windows.some((window) => window.day === (weekday + 6) % 7 && holds(window, tomorrow));
}

/** Whether messages may leave at this instant. A pause wins over everything, "open until" over windows and exceptions. */
export function isOpen(hours: ActiveHours, at: Date): boolean {
  if (hours.paused) return false;
  if (hours.openUntil !== null && at < hours.openUntil) return true;
  if (hours.windows === null && hours.exceptions.length === 0) return true;
  return isOpenByTheClock(hours, at.getTime() + offsetAt(hours.tz, at.getTime()));
}

/**
 * The first instant from `at` on when messages may leave; null when there is none (paused, or nothing is ever open). Where a
 * clock change takes an opening away it is the next minute that exists; an hour that comes twice is open twice.
 */
export function nextOpening(hours: ActiveHours, at: Date): Date | null {
  if (isOpen(hours, at)) return at;
  const ever = hours.windows?.length !== 0 || hours.exceptions.some(({ windows }) => windows.length > 0);
  return hours.paused || !ever ? null : nextTurn(hours, at, true);
}

/** The first instant from `at` on when messages may not leave any more; null when that never comes. */
export function nextClosing(hours: ActiveHours, at: Date): Date | null {
  if (!isOpen(hours, at)) return at;
  const { windows, exceptions, openUntil } = hours;
  if (windows === null && exceptions.length === 0) return null;
  return nextTurn(hours, openUntil !== null && openUntil > at ? openUntil : at, false);
}

/** The first instant from `at` on when windows and exceptions are open, or are not. */
function nextTurn(hours: ActiveHours, at: Date, open: boolean): Date | null {
  const { tz, exceptions } = hours;
  const edges = edgesOf(hours);
  const lastException = Math.max(at.getTime(), ...exceptions.map(({ until }) => Date.parse(until) + DAY_MS));
  // Within a span the clock runs on, so that it turns only at an edge of a window; a jump begins a new span.
  for (const { from, to, offset } of spansBetween(tz, at.getTime(), lastException + WEEK_AND_A_DAY_MS)) {
    const [begins, ends] = [from + offset, to + offset];
    if (isOpenByTheClock(hours, begins) === open) return new Date(from);
    for (let midnight = Math.floor(begins / DAY_MS) * DAY_MS; midnight < ends; midnight += DAY_MS) {
      for (const minute of edges) {
        const wall = midnight + minute * MINUTE_MS;
        if (begins < wall && wall < ends && isOpenByTheClock(hours, wall) === open) return new Date(wall - offset);
      }
    }
  }
  return null;
}

/** The minutes of a day at which anything may begin or end, in order. */
function edgesOf({ windows, exceptions }: ActiveHours): number[] {
  const stretches = [...(windows ?? []), ...exceptions.flatMap((exception) => exception.windows)];
  const minutes = new Set(stretches.flatMap(({ from, to }) => [from, to % DAY_MINUTES]));
  return [...minutes.add(0)].sort((a, b) => a - b);
}

/** Hours that are these windows and nothing else; null is always. */
const only = (windows: readonly Window[] | null, tz: string): ActiveHours => ({
  tz,
  windows,
  exceptions: [],
  paused: false,
  openUntil: null,
});

/** Whether an instant lies in windows of a zone's week. No windows (null) are no limit. */
export const isWithin = (windows: readonly Window[] | null, tz: string, at: Date): boolean =>
  isOpen(only(windows, tz), at);

/** Whether a rule with windows of its own, in the zone of the hours, is active: both must be open. */
export const isActive = (hours: ActiveHours, own: readonly Window[] | null, at: Date): boolean =>
  isOpen(hours, at) && isWithin(own, hours.tz, at);

/** The first instant from `at` on when a rule with windows of its own is active; null when none is near. */
export function nextActive(hours: ActiveHours, own: readonly Window[] | null, at: Date): Date | null {
  const narrow = only(own, hours.tz);
  // After the last that is said of dates each week is like the one before, but for the clocks.
  const said = hours.exceptions.map(({ until }) => Date.parse(until) + DAY_MS);
  const end = Math.max(at.getTime(), hours.openUntil?.getTime() ?? 0, ...said) + 2 * WEEK_AND_A_DAY_MS;
  for (let from = at; from.getTime() < end; ) {
    const opens = nextOpening(hours, from);
    const both = opens && nextOpening(narrow, opens);
    if (!opens || !both) return null;
    if (both.getTime() === opens.getTime()) return both;
    from = both;
  }
  return null;
}
