/** What a campaign is taken to have where its user has begun none yet. */
export const ASSUMED_RECIPIENTS = 50;
/** Of how many days the use is looked at, today included, to say what is to come. */
export const FORECAST_DAYS = 14;

const DAY_MS = 86_400_000;

/** The size of the usual campaign: the middle one of those begun last; null when there is none. */
export function usualSize(recipients: readonly number[]): number | null {
  const sizes = recipients.filter((size) => size > 0).toSorted((a, b) => a - b);
  return sizes[Math.floor((sizes.length - 1) / 2)] ?? null;
}

export interface Outlook {
  /** All points, those held too: what is held is used up as well. */
  balance: number;
  available: number;
  pointsPerMessage: number;
  /** Recipients of the usual campaign; null when there is none. */
  usual: number | null;
  /** Points used a day, charged less given back: the days of the account, FORECAST_DAYS at most, the last is today. */
  use: readonly number[];
  /** Days of the user's zone, "2026-11-22". `planEnds`: null when the plan has ended. */
  today: string;
  planEnds: string | null;
}

export interface Forecast {
  /** How many campaigns of that size the available points are enough for. */
  campaigns: { enoughFor: number; recipients: number; assumed: boolean };
  /**
   * When the points are used up if use goes on as it did. `unused`: nothing was used. `outlives_plan`: not before the plan
   * ends, after which nothing is used. `plan_ended`: nothing is used now.
   */
  end: { kind: "empty" | "unused" | "outlives_plan" | "plan_ended" } | { kind: "on"; day: string; inDays: number };
}

/** What the points are enough for, and until when. */
export function forecast(outlook: Outlook): Forecast {
  const { available, pointsPerMessage, usual } = outlook;
  const recipients = usual ?? ASSUMED_RECIPIENTS;
  const enoughFor = Math.floor(Math.max(0, available) / (recipients * pointsPerMessage));
  return { campaigns: { enoughFor, recipients, assumed: usual === null }, end: endOf(outlook) };
}

function endOf({ balance, use, today, planEnds }: Outlook): Forecast["end"] {
  if (balance <= 0) return { kind: "empty" };
  if (planEnds === null) return { kind: "plan_ended" };
  const used = use.reduce((sum, points) => sum + points, 0);
  if (used <= 0) return { kind: "unused" };
  const inDays = Math.floor(balance / (used / use.length));
  const day = laterDay(today, inDays);
  return day === null || day > planEnds ? { kind: "outlives_plan" } : { kind: "on", day, inDays };
}

/** Null beyond what a calendar holds. */
function laterDay(day: string, days: number): string | null {
  const at = new Date(Date.parse(day) + days * DAY_MS);
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() > 9999 ? null : at.toISOString().slice(0, 10);
}
