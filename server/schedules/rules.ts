/** A window of one weekday (0 = Sunday): minutes of the local day, half-open. */
export interface Window {
  day: number;
  from: number;
  to: number;
}

export interface ActiveHours {
  tz: string;
  /** null: always open. */
  windows: readonly Window[] | null;
  paused: boolean;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MINUTE = 60_000;
/** Eight days: a window that a clock change swallowed comes back a week later. */
const WEEK = 8 * 24 * 60 * MINUTE;
const formats = new Map<string, Intl.DateTimeFormat>();

function localMinute(tz: string, at: Date): { day: number; minute: number } {
  let format = formats.get(tz);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: tz,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(tz, format);
  }
  const parts = new Map(format.formatToParts(at).map((part) => [part.type, part.value]));
  return {
    day: DAYS.indexOf(parts.get("weekday") ?? ""),
    minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
  };
}

/** Whether messages may leave at this instant. */
export function isOpen(hours: ActiveHours, at: Date): boolean {
  if (hours.paused) return false;
  if (hours.windows === null) return true;
  const { day, minute } = localMinute(hours.tz, at);
  return hours.windows.some((window) => window.day === day && window.from <= minute && minute < window.to);
}

/**
 * The first instant from `at` on when messages may leave, to the minute; null when there is none (paused, or no window).
 * It walks in minutes, so a daylight-saving gap opens at the next minute that exists and an overlap is open in both.
 */
export function nextOpening(hours: ActiveHours, at: Date): Date | null {
  if (isOpen(hours, at)) return at;
  if (hours.paused || hours.windows === null || hours.windows.length === 0) return null;
  const start = Math.floor(at.getTime() / MINUTE) * MINUTE;
  for (let time = start + MINUTE; time <= start + WEEK; time += MINUTE) {
    if (isOpen(hours, new Date(time))) return new Date(time);
  }
  return null;
}
