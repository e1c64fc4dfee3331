import { type ActiveHours, nextOpening, type Window } from "../../schedules/rules.ts";
import { timesInWords } from "../../schedules/windows/rules.ts";

/** What goes on until a campaign has sent its last message. */
export interface Course {
  /** When it begins: now, or when it is scheduled. */
  from: Date;
  hours: ActiveHours;
  /** Messages that leave in this order, each group `gapMs` apart: those of campaigns that come first, then its own. */
  blocks: readonly { messages: number; gapMs: number }[];
  /** The most a phone number sends in a day of `tz`, and what it has sent on the day of `from`. */
  cap: { perDay: number; sentToday: number; tz: string };
}

export type Estimate =
  | { at: Date; why: null }
  /** It never ends as things are: all sending is paused, no hour is active, or nothing may be sent in a day. */
  | { at: null; why: "paused" | "no_hours" | "no_room" }
  /** Later than anybody can say. */
  | { at: null; why: "too_far" };

/** No estimate looks further ahead: hours, caps and lists change before. */
export const HORIZON_DAYS = 60;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * When the last message leaves, at the mean pace: each waits its turn, the active hours and the number's day. Each message
 * takes its whole gap, the first too: the phone may have sent just before.
 */
export function estimateFinish({ from, hours, blocks, cap }: Course): Estimate {
  if (hours.paused) return { at: null, why: "paused" };
  if (cap.perDay <= 0) return { at: null, why: "no_room" };
  const horizon = from.getTime() + HORIZON_DAYS * DAY;
  let at = from.getTime();
  let day = dayEnds(cap.tz, from);
  let sent = cap.sentToday;
  for (const { messages, gapMs } of blocks) {
    for (let n = 0; n < messages; n++) {
      at += gapMs;
      // Hours and the day may push each other: an opening may lie in the next day, a day's beginning outside of the hours.
      for (;;) {
        if (at >= day) {
          day = dayEnds(cap.tz, new Date(at));
          sent = 0;
        }
        const opens = nextOpening(hours, new Date(at));
        if (opens === null) return { at: null, why: "no_hours" };
        if (opens.getTime() > horizon) return { at: null, why: "too_far" };
        if (opens.getTime() > at) at = opens.getTime();
        else if (sent >= cap.perDay) at = day;
        else break;
      }
      sent += 1;
    }
  }
  return { at: new Date(at), why: null };
}

/** The mean of a pace, in milliseconds. */
export const meanGap = ({ minMs, maxMs }: { minMs: number; maxMs: number }): number => (minMs + maxMs) / 2;

const formats = new Map<string, Intl.DateTimeFormat>();

function dateOf(tz: string, at: number): string {
  let format = formats.get(tz);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: tz });
    formats.set(tz, format);
  }
  return format.format(at);
}

/** The first instant of the next local day, as milliseconds: midnight, or what stands in its place where a clock change takes it. */
function dayEnds(tz: string, at: Date): number {
  const today = dateOf(tz, at.getTime());
  // A day has 22 to 26 hours somewhere; the date changes once, so that halving finds where.
  let [before, after] = [at.getTime(), at.getTime() + DAY + 3 * 60 * MINUTE];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dateOf(tz, middle) === today) before = middle;
    else after = middle;
  }
  return after;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/** As people say a week: Monday first. */
const WEEK = [1, 2, 3, 4, 5, 6, 0];

/** The active hours in words, with their zone: "Mon–Fri 09:00–17:00, Sat 10:00–12:00 (Asia/Jakarta)". */
export function hoursInWords({ tz, windows, exceptions, paused }: ActiveHours): string {
  if (paused) return "never: you have paused all sending";
  const dates = exceptions.length > 0 ? ", other than on dates of their own" : "";
  if (windows === null) return dates ? `at any time${dates} (${tz})` : "at any time";
  const days = WEEK.map((day) => ({ name: DAYS[day] ?? "", times: timesOf(windows, day) })).filter(
    (d) => d.times !== "",
  );
  if (days.length === 0) return `never: no hour is active${dates}`;
  const runs: { first: string; last: string; times: string }[] = [];
  let previous = -2;
  for (const { name, times } of days) {
    const place = WEEK.findIndex((day) => DAYS[day] === name);
    const run = runs.at(-1);
    if (run && run.times === times && place === previous + 1) run.last = name;
    else runs.push({ first: name, last: name, times });
    previous = place;
  }
  const said = runs.map(({ first, last, times }) => `${first === last ? first : `${first}–${last}`} ${times}`);
  return `${said.join(", ")}${dates} (${tz})`;
}

function timesOf(windows: readonly Window[], day: number): string {
  return windows
    .filter((window) => window.day === day)
    .toSorted((a, b) => a.from - b.from)
    .map(timesInWords)
    .join(" and ");
}
