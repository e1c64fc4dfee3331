import { useSyncExternalStore } from "react";
import { formatDay, formatMoment, formatWait } from "../lib/format.ts";
import { useTimeZone } from "../lib/use-account.ts";

/** A moment in the account's zone, which it names. */
export function Moment({ at, seconds }: { at: Date; seconds?: boolean }) {
  const tz = useTimeZone();
  // Browser and server may word a zone differently; the moment is the same.
  return (
    <time dateTime={at.toISOString()} suppressHydrationWarning>
      {formatMoment(at, tz, { seconds })}
    </time>
  );
}

export function Day({ at }: { at: Date }) {
  const tz = useTimeZone();
  return (
    <time dateTime={at.toISOString()} suppressHydrationWarning>
      {formatDay(at, tz)}
    </time>
  );
}

const everySecond = (tick: () => void) => {
  const timer = setInterval(tick, 1_000);
  return () => clearInterval(timer);
};
// The second that is running out, so that a minute begins at 60.
const thisSecond = () => Math.ceil(Date.now() / 1_000) * 1_000;
const unknown = () => null;

/** The milliseconds until `at`, once a second; null until the browser's clock is known. */
export function useWait(at: Date | null): number | null {
  const now = useSyncExternalStore<number | null>(everySecond, thisSecond, unknown);
  return at === null || now === null ? null : Math.max(0, at.getTime() - now);
}

/** "in 4 s", counting down. Nothing before the page is alive, because the server cannot know when it is read. */
export function Countdown({ at }: { at: Date }) {
  const wait = useWait(at);
  if (wait === null) return null;
  return <>{wait === 0 ? "now" : `in ${formatWait(wait)}`}</>;
}
