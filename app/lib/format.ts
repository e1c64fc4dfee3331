export { formatMoney } from "#server/billing/money.ts";

const numbers = new Intl.NumberFormat("en-US");

export const formatNumber = (value: number): string => numbers.format(value);

/** "12 kB", "3.4 MB". */
export const formatBytes = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${formatNumber(Math.ceil(bytes / 1024))} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/** "1 recipient", "2 recipients". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}

// A format takes far longer to make than to use, and a table has a hundred moments.
const formats = new Map<string, Intl.DateTimeFormat>();

/** A moment with its zone: "21 Nov 2026, 14:05 GMT+7". */
export function formatMoment(at: Date, tz: string, { seconds = false } = {}): string {
  const key = `${tz} ${seconds}`;
  const format =
    formats.get(key) ??
    new Intl.DateTimeFormat("en-GB", {
      timeZone: tz,
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: seconds ? "2-digit" : undefined,
      hourCycle: "h23",
      timeZoneName: "short",
    });
  formats.set(key, format);
  return format.format(at);
}

/** A day with its zone: "21 Nov 2026 (Asia/Jakarta)". */
export function formatDay(at: Date, tz: string): string {
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: tz, day: "numeric", month: "short", year: "numeric" });
  return `${day.format(at)} (${tz})`;
}

/** How long until then: "now", "4 s", "3 min", "5 h", "2 days". */
export function formatWait(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds <= 0) return "now";
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** Seconds of a throttle given in milliseconds, without needless digits. */
export const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);

/** How a campaign is called, also before its draft has a name. */
export const campaignName = (name: string): string => name || "Untitled draft";
