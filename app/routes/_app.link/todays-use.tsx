import { Progress, Stack, Text } from "@mantine/core";
import { formatNumber } from "../../lib/format.ts";
import type { Session } from "./sessions.ts";

/** What the number sent today; nobody can send more from it in a day, however it is linked. */
export function TodaysUse({ session: { sentToday, dailyCap, dayTz } }: { session: Session }) {
  const share = dailyCap === 0 ? 100 : Math.min(100, (sentToday / dailyCap) * 100);
  const left = Math.max(0, dailyCap - sentToday);
  return (
    <Stack gap={6}>
      <Text size="sm">
        <b>{formatNumber(sentToday)}</b> of {formatNumber(dailyCap)} messages sent today, {formatNumber(left)} left
        {dayTz && (
          <Text span size="sm" c="dimmed">
            {" "}
            (day of {dayTz})
          </Text>
        )}
      </Text>
      <Progress.Root size={8} role="img" aria-label={`${formatNumber(sentToday)} of ${formatNumber(dailyCap)} sent`}>
        <Progress.Section withAria={false} value={share} color={share >= 90 ? "yellow.6" : "teal.6"} />
      </Progress.Root>
    </Stack>
  );
}
