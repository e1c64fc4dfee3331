import { type ActiveHours, nextClosing, nextOpening } from "../../schedules/rules.ts";
import type { pauseSentences } from "../rules.ts";

/**
 * What a person writes, and a STOP of theirs, is put down to the last campaign they were sent before it, for so many days:
 * after that, or once another campaign has reached them, it answers something else.
 */
export const ANSWER_DAYS = 7;

/** Texts of people are kept so long. */
export const TEXT_DAYS = 14;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
];
const BUCKETS_AT_MOST = 60;

/** A stretch in which a campaign was paused; `to` is null while it lasts. */
export interface Stop {
  from: Date;
  to: Date | null;
  reason: keyof typeof pauseSentences;
}

/** The stretches that pauses and their ends make, which come oldest first. What pauses again meanwhile changes nothing. */
export function stopsOf(events: readonly { at: Date; kind: "paused" | "ended"; reason: Stop["reason"] }[]): Stop[] {
  const stops: Stop[] = [];
  for (const { at, kind, reason } of events) {
    const last = stops.at(-1);
    const open = last?.to === null ? last : null;
    if (kind === "ended" && open) open.to = at;
    if (kind === "paused" && !open) stops.push({ from: at, to: null, reason });
  }
  return stops;
}

/** A stretch in which nothing left because of its user's hours, or because the phone was not connected. */
export interface Quiet {
  from: Date;
  to: Date;
  reason: "outside_hours" | "paused_all" | "offline";
}

/** Shorter absences are no reason for a gap that anybody sees. */
const SHORTEST_ABSENCE_MS = 60_000;

/**
 * When a phone was not connected between two moments, oldest first. While the campaign was paused an absence kept nothing back:
 * a log-out on the phone, say, pauses it and says so.
 * @param ends of its connections, in order; `backAt` null: it has not come back
 * @param stops in order
 */
export function absencesOf(
  ends: readonly { at: Date; backAt: Date | null }[],
  { from, to }: { from: Date; to: Date },
  stops: readonly Pick<Stop, "from" | "to">[],
): Quiet[] {
  const absences: Quiet[] = [];
  for (const { at, backAt } of ends) {
    const began = at > from ? at : from;
    const ended = backAt !== null && backAt < to ? backAt : to;
    const last = absences.at(-1);
    // Each try to connect may fail in its turn, in one absence.
    if (last && began <= last.to) last.to = ended > last.to ? ended : last.to;
    else if (ended > began) absences.push({ from: began, to: ended, reason: "offline" });
  }
  return absences
    .flatMap((absence) => outside(stops, absence))
    .filter((absence) => absence.to.getTime() - absence.from.getTime() >= SHORTEST_ABSENCE_MS);
}

/** What is left of a stretch outside of others. */
function outside(stops: readonly Pick<Stop, "from" | "to">[], quiet: Quiet): Quiet[] {
  const left: Quiet[] = [];
  let { from } = quiet;
  for (const stop of stops) {
    if (stop.from > from && from < quiet.to)
      left.push({ ...quiet, from, to: stop.from < quiet.to ? stop.from : quiet.to });
    if (stop.to === null) return left;
    if (stop.to > from) from = stop.to;
  }
  if (from < quiet.to) left.push({ ...quiet, from });
  return left;
}

/** A change of the hours; null: it left that as it was. */
export interface HoursChange {
  at: Date;
  /** The windows, or dates of their own, were changed: what they were before is not known any more. */
  windows: boolean;
  paused: boolean | null;
  /** "Active now" until then; "over": it ended. */
  openUntil: Date | "over" | null;
}

/**
 * When nothing left between two moments because of the hours, oldest first. Windows speak for the time since they were last
 * changed; of before nothing is said.
 * @param changes all there were, oldest first
 */
export function quietOf(
  windows: Pick<ActiveHours, "tz" | "windows" | "exceptions">,
  changes: readonly HoursChange[],
  { from, to }: { from: Date; to: Date },
): Quiet[] {
  const knownFrom = changes.findLast((change) => change.windows)?.at ?? from;
  const quiet: Quiet[] = [];
  const hours: ActiveHours = { ...windows, paused: false, openUntil: null };
  let at = from;
  for (const change of [...changes, { at: to, windows: false, paused: null, openUntil: null }]) {
    const until = change.at < to ? change.at : to;
    if (until > at) {
      if (hours.paused) quiet.push({ from: at, to: until, reason: "paused_all" });
      else if (at >= knownFrom) quiet.push(...closedBetween(hours, at, until));
      at = until;
    }
    if (change.paused !== null) hours.paused = change.paused;
    if (change.openUntil !== null) hours.openUntil = change.openUntil === "over" ? null : change.openUntil;
  }
  return joined(quiet);
}

function closedBetween(hours: ActiveHours, from: Date, to: Date): Quiet[] {
  const closed: Quiet[] = [];
  for (let at = nextClosing(hours, from); at !== null && at < to; ) {
    const opens = nextOpening(hours, at) ?? to;
    closed.push({ from: at, to: opens < to ? opens : to, reason: "outside_hours" });
    at = opens < to ? nextClosing(hours, opens) : null;
  }
  return closed;
}

/** Stretches of one reason that meet are one. */
function joined(stretches: readonly Quiet[]): Quiet[] {
  const all: Quiet[] = [];
  for (const stretch of stretches) {
    const last = all.at(-1);
    if (last?.reason === stretch.reason && last.to.getTime() === stretch.from.getTime()) last.to = stretch.to;
    else all.push({ ...stretch });
  }
  return all;
}

/** When a campaign handed over its first message, when WhatsApp accepted its last, and the last it heard of any. Milliseconds. */
export interface RunMoments {
  firstAt: number;
  lastAcceptedAt: number;
  lastHeardAt: number;
}

/** The stretch of time a chart shows, cut into `count` equal parts of `stepMs` from `from` on. Milliseconds. */
export interface RunScale {
  from: number;
  stepMs: number;
  count: number;
}

/**
 * The scale of a run's chart: the time of sending and as much again, at least an hour, but no longer than there was news, so
 * that what somebody reads days later does not press the run into a corner. At most 60 parts of a round length.
 */
export function runScale({ firstAt, lastAcceptedAt, lastHeardAt }: RunMoments): RunScale {
  const sending = Math.max(0, lastAcceptedAt - firstAt);
  const end = Math.max(firstAt, Math.min(lastHeardAt, firstAt + Math.max(2 * sending, HOUR)));
  const fits = (stepMs: number) => Math.floor(end / stepMs) - Math.floor(firstAt / stepMs) < BUCKETS_AT_MOST;
  const stepMs = STEPS_MS.find(fits) ?? DAY * Math.ceil((end - firstAt) / DAY / (BUCKETS_AT_MOST - 1));
  const first = Math.floor(firstAt / stepMs);
  return { from: first * stepMs, stepMs, count: Math.floor(end / stepMs) - first + 1 };
}
