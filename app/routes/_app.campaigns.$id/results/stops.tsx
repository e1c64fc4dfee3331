import { Group, Stack, Text } from "@mantine/core";
import { pauseSentences } from "#server/campaigns/rules.ts";
import { Moment } from "../../../components/moment.tsx";
import { count, formatWait } from "../../../lib/format.ts";
import type { CampaignResults } from "./load.ts";
import styles from "./run-chart.module.css";

type Stop = CampaignResults["stops"][number] | CampaignResults["quiet"][number];

const reasons = {
  user: "you paused it",
  plan_expired: "your plan had expired",
  failures: "three messages in a row could not be handed over",
  restricted: "WhatsApp restricted the account",
  logged_out: "the phone was logged out",
  media: "WhatsApp did not take the file",
  paused_all: "you had paused all sending",
  outside_hours: "it was outside of your active hours",
  offline: "the phone was not connected to WhatsApp",
} as const satisfies Record<Stop["reason"], string>;

/** So many are told one by one. */
const SHOWN = 8;

/** A stretch of a chart, in its parts. */
export interface Span {
  x: number;
  width: number;
  dim: boolean;
}

/** The hours say so, and it went on by itself. */
const isDim = ({ reason }: Stop): boolean => reason === "outside_hours";

/** Where stops are on a chart of `count` parts of `stepMs` from `from` on; what lies outside of it is left out. */
export function inParts(
  stops: readonly Stop[],
  { from, stepMs, count: parts }: { from: Date; stepMs: number; count: number },
): Span[] {
  const place = (at: Date) => Math.min(parts, Math.max(0, (at.getTime() - from.getTime()) / stepMs));
  return stops
    .map((stop) => ({ x: place(stop.from), end: stop.to ? place(stop.to) : parts, dim: isDim(stop) }))
    .filter(({ x, end }) => end > x)
    .map(({ x, end, dim }) => ({ x, width: end - x, dim }));
}

/** When nothing was sent, why, and for how long; oldest first. */
export function Stops({ stops, seconds }: { stops: readonly Stop[]; seconds: boolean }) {
  if (stops.length === 0) return null;
  return (
    <Stack component="ul" gap={4} m={0} p={0} style={{ listStyle: "none" }} aria-label="When nothing was sent">
      {stops.slice(0, SHOWN).map((stop) => (
        <Group key={`${stop.from.getTime()} ${stop.reason}`} component="li" gap="xs" wrap="nowrap" align="flex-start">
          <span className={styles.swatch} data-dim={isDim(stop) || undefined} aria-hidden style={{ marginTop: 4 }} />
          <Text size="sm">
            {stop.reason in pauseSentences ? "Paused" : "Nothing sent from"} <Moment at={stop.from} seconds={seconds} />
            {stop.to ? `, for ${formatWait(stop.to.getTime() - stop.from.getTime())}` : " until now"}:{" "}
            {reasons[stop.reason]}.
          </Text>
        </Group>
      ))}
      {stops.length > SHOWN && (
        <Text component="li" size="sm" c="dimmed">
          And {count(stops.length - SHOWN, "more time", "more times")}.
        </Text>
      )}
    </Stack>
  );
}
