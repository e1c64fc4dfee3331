import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Bars, FiguresTable } from "../../components/bars.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { useTimeZone } from "../../lib/use-account.ts";
import type { Use } from "./load.ts";
import { shortDay } from "./words.ts";

/** What each day used: charged, less given back. */
export function UseChart({ days }: { days: Use["days"] }) {
  const tz = useTimeZone();
  const used = days.map(({ charged, refunded }) => charged - refunded);
  const sum = used.reduce((all, points) => all + points, 0);
  const most = Math.max(1, ...used);
  const busiest = days[used.indexOf(most)];
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last) return null;
  return (
    <Paper component="section" aria-labelledby="use">
      <Stack gap="xs" component="figure" m={0}>
        <Group justify="space-between" gap="xs" align="baseline">
          <Title order={2} id="use">
            Use per day
          </Title>
          <Text size="sm" c="dimmed">
            Last {days.length} days, {tz}
          </Text>
        </Group>
        <Bars
          label={`${count(sum, "point")} used in ${days.length} days`}
          values={used}
          most={most}
          color="var(--mantine-primary-color-filled)"
          height={6}
          titleOf={(at) => `${shortDay(days[at]?.day ?? last.day)}: ${count(used[at] ?? 0, "point")}`}
        />
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {shortDay(first.day)}
          </Text>
          <Text size="sm" c="dimmed">
            Today, {shortDay(last.day)}
          </Text>
        </Group>
        <Text size="sm" component="figcaption">
          {busiest
            ? `${count(sum, "point")} used in all; most on ${shortDay(busiest.day)}: ${formatNumber(most)}.`
            : "No points were used in this time."}
        </Text>
        {busiest && (
          <FiguresTable
            label="Points used per day"
            head={["Day", "Charged", "Given back", "Used"]}
            rows={days
              .filter(({ charged, refunded }) => charged > 0 || refunded > 0)
              .toReversed()
              .map(({ day, charged, refunded }) => ({
                key: day,
                cells: [shortDay(day), formatNumber(charged), formatNumber(refunded), formatNumber(charged - refunded)],
              }))}
          />
        )}
      </Stack>
    </Paper>
  );
}
