import { Box, Group, Progress, Stack, Text } from "@mantine/core";
import type { MessageStatus } from "#server/messages/rules.ts";
import { formatNumber } from "../lib/format.ts";
import { messageLooks } from "./status-badge.tsx";

export type Counts = Record<MessageStatus, number>;

// From what is done to what is left, then what will not be sent.
const order = [
  "read",
  "delivered",
  "sent",
  "sending",
  "queued",
  "unknown",
  "failed",
  "skipped",
  "cancelled",
] as const satisfies readonly MessageStatus[];

const fills = {
  read: "green.7",
  delivered: "teal.5",
  sent: "blue.5",
  sending: "blue.3",
  queued: "var(--mantine-color-default-border)",
  unknown: "yellow.4",
  failed: "red.6",
  skipped: "yellow.6",
  cancelled: "gray.5",
} as const satisfies Record<MessageStatus, string>;

export const presentStatuses = (counts: Counts): MessageStatus[] => order.filter((status) => counts[status] > 0);

/** Above this part of all recipients, those who are left out would leave no room to see the others. */
const MOST_LEFT_OUT = 0.75;

/** What the bar is made of: everyone, but of a long list of which nearly all are left out only those who are not. */
export function barOf(counts: Counts, total: number): { status: MessageStatus; percent: number }[] {
  const crowded = counts.skipped < total && counts.skipped > total * MOST_LEFT_OUT;
  const whole = crowded ? total - counts.skipped : total;
  return presentStatuses(counts)
    .filter((status) => !(crowded && status === "skipped"))
    .map((status) => ({ status, percent: whole === 0 ? 0 : (counts[status] / whole) * 100 }));
}

/** How many recipients are in each state, as one bar. */
export function ProgressBar({ counts, total, size = 14 }: { counts: Counts; total: number; size?: number }) {
  const words = presentStatuses(counts).map(
    (status) => `${formatNumber(counts[status])} ${messageLooks[status].word.toLowerCase()}`,
  );
  return (
    <Progress.Root size={size} radius="sm" role="img" aria-label={`Of ${formatNumber(total)}: ${words.join(", ")}`}>
      {barOf(counts, total).map(({ status, percent }) => (
        <Progress.Section key={status} withAria={false} value={percent} color={fills[status]} />
      ))}
    </Progress.Root>
  );
}

/** The figures of the bar in words, with the colour of each. */
export function ProgressLegend({ counts }: { counts: Counts }) {
  return (
    <Group gap="md" component="ul" p={0} m={0} style={{ listStyle: "none", rowGap: 4 }}>
      {presentStatuses(counts).map((status) => (
        <Group key={status} gap={6} component="li" wrap="nowrap">
          <Box w={10} h={10} bg={fills[status]} style={{ borderRadius: 3 }} aria-hidden />
          <Text size="sm">
            {messageLooks[status].word} <b>{formatNumber(counts[status])}</b>
          </Text>
        </Group>
      ))}
    </Group>
  );
}

export function CampaignProgress({ counts, total }: { counts: Counts; total: number }) {
  return (
    <Stack gap="xs">
      <ProgressBar counts={counts} total={total} />
      <ProgressLegend counts={counts} />
    </Stack>
  );
}
