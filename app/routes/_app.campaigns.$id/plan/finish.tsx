import { HORIZON_DAYS } from "#server/campaigns/estimate/rules.ts";
import { useTimeZone } from "../../../lib/use-account.ts";
import type { CampaignReview } from "../load.ts";

/** The short name people know a zone by ("WIB", "CET", "EST"), where one of these locales has one; else "GMT+5:45". */
function zoneName(at: Date, tz: string): string {
  const names = ["en-GB", "en-US", "en-ID"].map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: tz, timeZoneName: "short" }).formatToParts(at);
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? tz;
  });
  return names.find((name) => !name.startsWith("GMT")) ?? names[0] ?? tz;
}

/** A moment near enough for its weekday, with its zone: "Tue 24 Nov, 10:40 WIB". */
export function formatSoon(at: Date, tz: string): string {
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: tz, weekday: "short", day: "numeric", month: "short" });
  const time = new Intl.DateTimeFormat("en-GB", {
    timeZone: tz,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return `${day.format(at).replace(",", "")}, ${time.format(at)} ${zoneName(at, tz)}`;
}

export function Soon({ at, tz }: { at: Date; tz?: string | null | undefined }) {
  const own = useTimeZone();
  // Browser and server may word a zone differently; the moment is the same.
  return (
    <time dateTime={at.toISOString()} suppressHydrationWarning>
      {formatSoon(at, tz ?? own)}
    </time>
  );
}

const noEnd = {
  paused: "It sends nothing: you have paused all sending",
  no_hours: "It sends nothing: no hour is active",
  no_room: "It sends nothing: this number may not send anything in a day",
  too_far: `It takes more than ${HORIZON_DAYS} days at this pace, in these hours`,
} as const;

/** When everything will have left, as a title. */
export function Finish({ estimate }: Pick<CampaignReview, "estimate">) {
  if (estimate.at === null) return noEnd[estimate.why];
  return (
    <>
      The last message leaves about <Soon at={estimate.at} />
    </>
  );
}
