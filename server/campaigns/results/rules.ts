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
