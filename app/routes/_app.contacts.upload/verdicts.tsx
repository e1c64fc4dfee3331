import { Button, Group, Progress, Text } from "@mantine/core";
import {
  CheckCircledIcon,
  CircleBackslashIcon,
  CrossCircledIcon,
  MinusCircledIcon,
  Pencil1Icon,
  PlusCircledIcon,
  UpdateIcon,
} from "@radix-ui/react-icons";
import { Link, useSearchParams } from "@remix-run/react";
import { Fragment } from "react";
import { type Counts, type Verdict, verdicts } from "#server/imports/rules.ts";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { formatNumber } from "../../lib/format.ts";
import { oneOf, withSearch } from "../../lib/params.ts";

const verdictLooks = {
  valid: { word: "New", color: "green", icon: PlusCircledIcon },
  updated: { word: "Updated", color: "blue", icon: Pencil1Icon },
  unchanged: { word: "Unchanged", color: "gray", icon: CheckCircledIcon },
  duplicate: { word: "Twice in the file", color: "gray", icon: UpdateIcon },
  invalid: { word: "Mistake", color: "red", icon: CrossCircledIcon },
  no_consent: { word: "No consent", color: "yellow", icon: CircleBackslashIcon },
  opted_out: { word: "Opted out", color: "yellow", icon: MinusCircledIcon },
} as const satisfies Record<Verdict, Look>;

const fills = {
  valid: "green.7",
  updated: "blue.5",
  unchanged: "var(--mantine-color-default-border)",
  duplicate: "gray.6",
  invalid: "red.6",
  no_consent: "yellow.4",
  opted_out: "yellow.7",
} as const satisfies Record<Verdict, string>;

/** Rows that become, or are, contacts as the file says. Every other row is left out. */
const kept: readonly Verdict[] = ["valid", "updated", "unchanged"];
export const isKept = (verdict: Verdict | null): boolean => verdict !== null && kept.includes(verdict);

export function VerdictBadge({ verdict }: { verdict: Verdict | null }) {
  return verdict && <StatusBadge look={verdictLooks[verdict]} />;
}

/** Rows that somebody may mend: all that are left out. */
export const leftOut = (counts: Counts): number =>
  verdicts.reduce((sum, verdict) => (isKept(verdict) ? sum : sum + counts[verdict]), 0);

/** What becomes of the rows, as a bar and as a sum that adds up to them; each figure shows its rows. */
export function VerdictSum({ counts, total }: { counts: Counts; total: number }) {
  const [search] = useSearchParams();
  const chosen = oneOf(search.get("verdict"), verdicts) ?? null;
  const present = verdicts.filter((verdict) => counts[verdict] > 0);
  const parts = [
    { value: null, word: "Rows", figure: total },
    ...present.map((verdict) => ({ value: verdict, word: verdictLooks[verdict].word, figure: counts[verdict] })),
  ];
  const words = present.map(
    (verdict) => `${formatNumber(counts[verdict])} ${verdictLooks[verdict].word.toLowerCase()}`,
  );
  return (
    <>
      <Progress.Root
        size={14}
        radius="sm"
        role="img"
        aria-label={`Of ${formatNumber(total)} rows: ${words.join(", ")}`}
      >
        {present.map((verdict) => (
          <Progress.Section
            key={verdict}
            withAria={false}
            value={total === 0 ? 0 : (counts[verdict] / total) * 100}
            color={fills[verdict]}
          />
        ))}
      </Progress.Root>
      <Group component="nav" aria-label="Show rows by verdict" gap={6}>
        {parts.map(({ value, word, figure }, at) => (
          <Fragment key={word}>
            {at > 0 && (
              <Text span c="dimmed" aria-hidden>
                {at === 1 ? "=" : "+"}
              </Text>
            )}
            <Button
              component={Link}
              to={withSearch(search, { verdict: value, cursor: null })}
              preventScrollReset
              size="xs"
              radius="xl"
              variant={value === chosen ? "filled" : "default"}
              aria-current={value === chosen ? "true" : undefined}
              leftSection={
                value && (
                  <Progress
                    w={12}
                    size={12}
                    radius={3}
                    value={100}
                    color={fills[value]}
                    bd={value === chosen ? "1px solid white" : undefined}
                    aria-hidden
                  />
                )
              }
            >
              {word}&nbsp;<b>{formatNumber(figure)}</b>
            </Button>
          </Fragment>
        ))}
      </Group>
    </>
  );
}
