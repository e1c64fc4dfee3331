import { Group, Stack, Text, Title } from "@mantine/core";
import { Bars, FiguresTable } from "../../../components/bars.tsx";
import { Moment } from "../../../components/moment.tsx";
import { count, formatNumber } from "../../../lib/format.ts";
import type { CampaignResults } from "./load.ts";
import styles from "./run-chart.module.css";
import { inParts, type Span, Stops } from "./stops.tsx";

type Run = NonNullable<CampaignResults["run"]>;

const kinds = [
  { kind: "accepted", word: "Accepted", color: "var(--mantine-color-blue-5)" },
  { kind: "delivered", word: "Delivered", color: "var(--mantine-color-teal-5)" },
  { kind: "read", word: "Read", color: "var(--mantine-color-green-5)" },
] as const;

/**
 * How a run went over time: three strips of bars to one scale. Where nothing was sent there are none; where that was because
 * it was paused, outside of the active hours or without its phone, the ground is shaded and the reason is below.
 */
export function RunChart({ run, results }: { run: Run; results: CampaignResults }) {
  const { parts, stepMs, later } = run;
  const stops = [...results.stops, ...results.quiet].toSorted((a, b) => a.from.getTime() - b.from.getTime());
  const most = Math.max(1, ...parts.flatMap((part) => kinds.map(({ kind }) => part[kind])));
  const [first] = parts;
  const last = parts.at(-1);
  if (!first || !last) return null;
  const seconds = stepMs < 60_000;
  const shaded = inParts(stops, { from: first.at, stepMs, count: parts.length });
  return (
    <Stack gap="xs" component="figure" m={0} aria-label="The run over time">
      <Title order={3} size="h4">
        Over time
      </Title>
      {kinds.map(({ kind, word, color }) => (
        <Strip
          key={kind}
          word={word}
          color={color}
          values={parts.map((part) => part[kind])}
          most={most}
          shaded={shaded}
        />
      ))}
      <Group justify="space-between" gap="xs" className={styles.axis}>
        <Text size="sm" c="dimmed">
          <Moment at={first.at} seconds={seconds} />
        </Text>
        <Text size="sm" c="dimmed" ms="auto">
          <Moment at={new Date(last.at.getTime() + stepMs)} seconds={seconds} />
        </Text>
      </Group>
      <Text size="sm" c="dimmed" component="figcaption">
        A bar is {stepWords(stepMs)}; the highest is {count(most, "message")}.
        {later && (
          <>
            {" "}
            After that came {count(later.delivered, "more delivery", "more deliveries")} and{" "}
            {count(later.read, "more read", "more reads")}, the last <Moment at={later.lastAt} />.
          </>
        )}
      </Text>
      <Stops stops={stops} seconds={seconds} />
      <AsTable parts={parts} seconds={seconds} />
    </Stack>
  );
}

/** The bars of one kind. The figures are in the table. */
function Strip({
  word,
  color,
  values,
  most,
  shaded,
}: {
  word: string;
  color: string;
  values: number[];
  most: number;
  shaded: readonly Span[];
}) {
  const sum = values.reduce((all, value) => all + value, 0);
  return (
    <div className={styles.strip}>
      <Text size="sm" className={styles.word}>
        {word} <b>{formatNumber(sum)}</b>
      </Text>
      <Bars
        label={`${word}: ${formatNumber(sum)} in this time`}
        values={values}
        most={most}
        color={color}
        height={3.5}
        shaded={shaded}
      />
    </div>
  );
}

function AsTable({ parts, seconds }: { parts: Run["parts"]; seconds: boolean }) {
  const busy = parts.filter((part) => kinds.some(({ kind }) => part[kind] > 0));
  return (
    <FiguresTable
      label="Messages over time"
      head={["From", ...kinds.map(({ word }) => word)]}
      rows={busy.map((part) => ({
        key: part.at.getTime(),
        cells: [
          <Moment key="from" at={part.at} seconds={seconds} />,
          ...kinds.map(({ kind }) => formatNumber(part[kind])),
        ],
      }))}
    />
  );
}

/** The length of a part: "30 seconds", "1 minute", "6 hours". */
function stepWords(ms: number): string {
  if (ms < 60_000) return count(ms / 1_000, "second");
  if (ms < 3_600_000) return count(ms / 60_000, "minute");
  return ms < 86_400_000 ? count(ms / 3_600_000, "hour") : count(ms / 86_400_000, "day");
}
