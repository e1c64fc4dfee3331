const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A start that is later than this asks its user first: nobody expects the message any more. */
export const MISSED_AFTER_MS = 60 * MINUTE;
/** What people agreed to, and the lists, are not the same for ever. */
const AHEAD_AT_MOST_DAYS = 365;

const WALL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall of this zone shows at an instant: "2026-11-24T09:00". */
export function wallOf(at: Date, tz: string): string {
  let format = formats.get(tz);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone: tz,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(tz, format);
  }
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.get("year")}-${part.get("month")}-${part.get("day")}T${part.get("hour")}:${part.get("minute")}`;
}

/**
 * The instant at which a clock of this zone shows `wall` ("2026-11-24T09:00"). A time that a clock change leaves out is the
 * next minute that exists; of one that comes twice it is the first. Null when there is no such date or time.
 */
export function instantOf(wall: string, tz: string): Date | null {
  const digits = WALL.exec(wall)?.slice(1).map(Number);
  if (!digits) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = digits;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  // 31 February would otherwise be a day in March.
  if (new Date(asUtc).toISOString().slice(0, 16) !== wall) return null;
  // Zones are at most 14 hours ahead of UTC, and a day later every change around this time is over.
  const offsets = [asUtc - DAY, asUtc + DAY].map((at) => Date.parse(`${wallOf(new Date(at), tz)}Z`) - at);
  const from = asUtc - Math.max(...offsets);
  for (let at = from; at <= from + 2 * DAY; at += MINUTE) {
    if (wallOf(new Date(at), tz) >= wall) return new Date(at);
  }
  return null;
}

/** When a start that is asked for would be, or why it cannot be scheduled for then, as a sentence. */
export function readStartTime(wall: string, tz: string, now: Date): { at: Date } | { why: string } {
  const at = instantOf(wall, tz);
  if (at === null)
    return { why: "There is no such date and time. Choose a day and a time, such as 24 Nov 2026, 09:00." };
  if (at.getTime() <= now.getTime()) {
    return { why: `This time is over: in ${tz} it is ${wallOf(now, tz).replace("T", " ")} now. Choose a later one.` };
  }
  if (at.getTime() > now.getTime() + AHEAD_AT_MOST_DAYS * DAY) {
    return { why: "A start can be scheduled for up to a year ahead. Choose an earlier time." };
  }
  return { at };
}

/** Whether a start that was due then is too late to happen by itself. */
export const isMissed = (due: Date, now: Date): boolean => now.getTime() - due.getTime() > MISSED_AFTER_MS;

/** What `campaigns.scheduleProblem` holds when the time was missed; anything else there is the code of a refusal. */
export const MISSED = "missed";
