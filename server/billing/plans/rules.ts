import type { SessionStatus } from "../../wa/rules.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A renewal is charged so long before the end, then at the end, and a day and two days after it. Hours from the end. */
const RENEWAL_HOURS = [-1, 0, 24, 48] as const;
/** When nobody was there to charge it until so long after the end, it is not charged any more. Hours. */
const RENEWAL_OVER_HOURS = 72;

/** When a renewal is charged first. */
export const firstRenewal = (endsAt: Date): Date => new Date(endsAt.getTime() + RENEWAL_HOURS[0] * HOUR_MS);

/**
 * When a renewal is tried again that was declined now; null: not again. Tries that were missed are not made up for, so that
 * no card is asked twice in a row.
 */
export function nextRenewal(endsAt: Date, now: Date): Date | null {
  const tries = RENEWAL_HOURS.map((hours) => new Date(endsAt.getTime() + hours * HOUR_MS));
  return tries.find((at) => at > now) ?? null;
}

/** Whether it is too late to renew by itself: so long after the end its user does not expect to be charged. */
export const isRenewalOver = (endsAt: Date, now: Date): boolean =>
  now.getTime() - endsAt.getTime() >= RENEWAL_OVER_HOURS * HOUR_MS;

/** How many days before its end a user is reminded. */
export const REMINDER_DAYS = [3, 1] as const;
export type ReminderDays = (typeof REMINDER_DAYS)[number];

/**
 * The reminder that a plan is due for: the latest whose time has come; null before the first, after the end, and of a period
 * that was shorter than that from the beginning.
 */
export function dueReminder({ startedAt, endsAt }: { startedAt: Date; endsAt: Date }, now: Date): ReminderDays | null {
  if (now >= endsAt) return null;
  const due = REMINDER_DAYS.filter((days) => {
    const at = endsAt.getTime() - days * DAY_MS;
    return at <= now.getTime() && at > startedAt.getTime();
  });
  return due.at(-1) ?? null;
}

/** Why a campaign that waited for a plan stays paused once there is one: what is true of its phone; null: it goes on. */
export function goOnAs(phone: SessionStatus): "restricted" | "logged_out" | null {
  if (phone === "linked" || phone === "reconnecting") return null;
  return phone === "restricted" ? "restricted" : "logged_out";
}

/** Why renewals are not made by themselves any more, in a sentence. */
export const renewalStops = {
  declined: "The card was declined each time it was charged.",
  no_method: "No card is kept that it could be charged to.",
  not_on_sale: "The plan is no longer sold.",
  payments_off: "Payments are switched off here.",
  late: "It could not be charged in time.",
} as const satisfies Record<string, string>;
export type RenewalStop = keyof typeof renewalStops;

/** What of a plan its user is told on every screen. */
export type PlanNotice =
  /** There never was one. */
  | { kind: "none" }
  /** `declined`: when the card, which was declined, is charged again. `renews`: it was not yet, and is as soon as it can be. */
  | { kind: "ended"; at: Date; declined: Soon | null; renews: boolean; stopped: string | null }
  /** It runs, and its renewal was declined. */
  | { kind: "declined"; endsAt: Date; card: string | null; again: Soon }
  /** It runs, and its renewal was switched off without its user. */
  | { kind: "stopped"; endsAt: Date; why: string }
  | { kind: "ends"; endsAt: Date; days: number }
  | { kind: "renews"; at: Soon; days: number };

/** A time that is to come, or, when it has come, within a minute. */
export type Soon = Date | "now";

interface PlanFacts {
  active: boolean;
  none: boolean;
  endsAt: Date;
  /** The reminder that is due and was not closed: so many days before the end. */
  reminded: number | null;
  renewal: {
    /** It is on, and nothing stands in its way. */
    will: boolean;
    card: string | null;
    at: Date | null;
    /** That time has come. */
    now: boolean;
    declined: number;
    stopped: string | null;
  };
}

/** The one thing that matters most; null: nothing needs to be said. */
export function noticeOf({ active, none, endsAt, reminded, renewal }: PlanFacts): PlanNotice | null {
  const { will, card, at, now, declined, stopped } = renewal;
  const charged: Soon | null = will ? (now ? "now" : at) : null;
  if (!active) {
    if (none) return { kind: "none" };
    const again = declined > 0 ? charged : null;
    return { kind: "ended", at: endsAt, declined: again, renews: charged !== null && again === null, stopped };
  }
  if (stopped) return { kind: "stopped", endsAt, why: stopped };
  if (charged && declined > 0) return { kind: "declined", endsAt, card, again: charged };
  if (reminded === null) return null;
  return charged ? { kind: "renews", at: charged, days: reminded } : { kind: "ends", endsAt, days: reminded };
}
