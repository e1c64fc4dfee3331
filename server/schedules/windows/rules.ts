import type { Window } from "../rules.ts";

export const DAY_MINUTES = 1_440;
/** The names of the weekdays, 0 = Sunday. */
export const dayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
/** The weekdays as people say a week: Monday first. */
export const week = [1, 2, 3, 4, 5, 6, 0] as const;

export const dayName = (day: number): string => dayNames[((day % 7) + 7) % 7] ?? "";

/** A minute of a day as a clock shows it: "09:00". The next day's begin anew; the end of the day itself is "24:00". */
export function clockOf(minute: number): string {
  const shown = minute === DAY_MINUTES ? minute : minute % DAY_MINUTES;
  return `${String(Math.floor(shown / 60)).padStart(2, "0")}:${String(shown % 60).padStart(2, "0")}`;
}

/** The same for a time field, in which midnight is "00:00" whichever side of the day it is. */
export const fieldOf = (minute: number): string => clockOf(minute % DAY_MINUTES);

/** "09:00" as minutes; null for anything else. */
export function minuteOf(clock: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(clock) ?? [];
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
}

/** The stretch from one time of day to another; an end that is not later is the next day's. */
export const stretchOf = (from: number, to: number) => ({ from, to: to > from ? to : to + DAY_MINUTES });

/** "09:00–18:00", "all day"; past midnight "22:00–06:00". */
export const timesInWords = ({ from, to }: { from: number; to: number }): string =>
  from === 0 && to === DAY_MINUTES ? "all day" : `${clockOf(from)}–${clockOf(to)}`;

/** "Monday 09:00–18:00", and of one that passes midnight "Friday 22:00–06:00 on Saturday". */
export const windowInWords = ({ day, from, to }: Window): string =>
  `${dayName(day)} ${timesInWords({ from, to })}${to > DAY_MINUTES ? ` on ${dayName(day + 1)}` : ""}`;

const every = (days: readonly number[], from: number, to: number): Window[] => days.map((day) => ({ day, from, to }));

/** Hours that many choose. */
export const presets = [
  { name: "Weekdays 09:00–18:00", windows: every([1, 2, 3, 4, 5], 9 * 60, 18 * 60) },
  { name: "Every day 09:00–18:00", windows: every(week, 9 * 60, 18 * 60) },
  { name: "Always", windows: every(week, 0, DAY_MINUTES) },
] as const;

/** Whether every day is open from midnight to midnight. */
export const isAlways = (windows: readonly Window[]): boolean =>
  week.every((day) => windows.some((window) => window.day === day && window.from === 0 && window.to === DAY_MINUTES));

/** The windows that are open in one week, "always" spelled out. */
export const spelledOut = (windows: readonly Window[] | null): readonly Window[] =>
  windows ?? every(week, 0, DAY_MINUTES);

const inOrder = (windows: readonly Window[]): Window[] =>
  windows.toSorted((a, b) => ((a.day + 6) % 7) - ((b.day + 6) % 7) || a.from - b.from || a.to - b.to);

/**
 * The same hours without overlaps: windows of one day that overlap or touch become one, and one that runs into the next day
 * ends where that day's own begins.
 * @returns the windows, Monday first, and a sentence for each that is not as it was
 */
export function tidyWindows(given: readonly Window[]): { windows: Window[]; changes: string[] } {
  let windows = inOrder(given);
  const changes: string[] = [];
  // Each step joins or shortens; what it lengthens may meet the next.
  for (let step = tidyOnce(windows); step; step = tidyOnce(windows)) {
    windows = inOrder(step.windows);
    changes.push(step.said);
  }
  return { windows, changes };
}

function tidyOnce(windows: readonly Window[]): { windows: Window[]; said: string } | null {
  for (const [n, one] of windows.entries()) {
    const others = windows.filter((_, m) => m !== n);
    if (one.to - one.from > DAY_MINUTES) {
      const rest = { day: (one.day + 1) % 7, from: 0, to: one.to - DAY_MINUTES };
      const first = { ...one, to: DAY_MINUTES };
      return {
        windows: [...others, first, rest],
        said: `${windowInWords(one)} is longer than a day and was cut at midnight.`,
      };
    }
    for (const other of others) {
      const rest = others.filter((window) => window !== other);
      if (other.day === one.day && one.from <= other.from && other.from <= one.to) {
        const joined = { ...one, to: Math.max(one.to, other.to) };
        const words = `${windowInWords(one)} and ${timesInWords(other)} are one window now`;
        return { windows: [...rest, joined], said: `${words}: ${timesInWords(joined)}.` };
      }
      const tail = one.to - DAY_MINUTES;
      if (other.day === (one.day + 1) % 7 && other.from < tail) {
        const cut = { ...one, to: DAY_MINUTES + other.from };
        const longer = { ...other, to: Math.max(other.to, tail) };
        return {
          windows: [...rest, cut, longer],
          said: `${windowInWords(one)} ends at ${clockOf(other.from)} now, where ${windowInWords(longer)} begins.`,
        };
      }
    }
  }
  return null;
}
