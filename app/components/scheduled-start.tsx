import { Text } from "@mantine/core";
import { MISSED } from "#server/campaigns/schedule/rules.ts";
import { formatMoment } from "../lib/format.ts";

/** When a campaign starts by itself, in the zone in which that was said, and whether it can. */
export function ScheduledStart({ at, tz, problem }: { at: Date; tz: string | null; problem: string | null }) {
  return (
    <>
      <time dateTime={at.toISOString()} suppressHydrationWarning>
        {formatMoment(at, tz ?? "UTC")}
      </time>
      <Text size="sm" c="dimmed" component="span" display="block">
        {scheduleWords(problem)}
      </Text>
    </>
  );
}

function scheduleWords(problem: string | null): string {
  if (problem === null) return "starts then";
  return problem === MISSED ? "missed: start it or choose a new time" : "cannot start yet: see why";
}
