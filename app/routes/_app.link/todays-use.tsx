import { Progress, Stack, Text } from "@mantine/core";
import { formatNumber } from "../../lib/format.ts";
import type { Session } from "./sessions.ts";

/** How much of a limit is used, as a bar with its figures. */
export function UseBar({ label, used, total, note }: { label: string; used: number; total: number; note?: string }) {
  const share = total === 0 ? 100 : Math.min(100, (used / total) * 100);
  const words = `${formatNumber(used)} of ${formatNumber(total)} ${label}`;
  return (
    <Stack gap={6}>
      <Text size="sm">
        <b>{formatNumber(used)}</b> of {formatNumber(total)} {label}
        {note && (
          <Text span size="sm" c="dimmed">
            {" "}
            {note}
          </Text>
        )}
      </Text>
      <Progress.Root size={8} role="img" aria-label={words}>
        <Progress.Section withAria={false} value={share} color={share >= 90 ? "yellow.6" : "teal.6"} />
      </Progress.Root>
    </Stack>
  );
}

/** What the number sent today; nobody can send more from it in a day, however it is linked. */
export function TodaysUse({ session }: { session: Session }) {
  const { sentToday, dailyCap, dayTz } = session;
  return (
    <UseBar
      label="messages sent today"
      used={sentToday}
      total={dailyCap}
      {...(dayTz ? { note: `(day of ${dayTz})` } : {})}
    />
  );
}
