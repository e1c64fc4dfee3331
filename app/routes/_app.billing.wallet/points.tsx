import { Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Figure } from "../../components/figure.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { campaignLooks, StatusBadge } from "../../components/status-badge.tsx";
import { campaignName, count, formatNumber } from "../../lib/format.ts";
import type { Points, Use } from "./load.ts";

/** What can be spent, what is set aside, and both together. */
export function PointFigures({ points }: { points: Points }) {
  const { available, held, balance, pointsPerMessage } = points;
  return (
    <Paper>
      <SimpleGrid cols={{ base: 1, xs: 3 }} component="dl" m={0}>
        <Figure
          label="Available"
          note={`For new campaigns: ${count(Math.floor(available / pointsPerMessage), "message")}`}
        >
          {formatNumber(available)}
        </Figure>
        <Figure label="Held" note="Set aside for messages that are still to be accepted by WhatsApp">
          {formatNumber(held)}
        </Figure>
        <Figure label="Balance" note="Available and held together">
          {formatNumber(balance)}
        </Figure>
      </SimpleGrid>
    </Paper>
  );
}

type HeldFor = Use["held"]["campaigns"][number];

const over = new Set<HeldFor["status"]>(["completed", "cancelled"]);

const columnsFor = (pointsPerMessage: number): Column<HeldFor>[] => [
  {
    header: "Campaign",
    cell: ({ id, name, status }) => (
      <TextLink to={`/campaigns/${id}${over.has(status) ? "?status=unknown" : ""}`}>{campaignName(name)}</TextLink>
    ),
    wide: true,
  },
  { header: "State", cell: ({ status }) => <StatusBadge look={campaignLooks[status]} />, tight: true },
  { header: "Messages", cell: ({ points }) => formatNumber(Math.round(points / pointsPerMessage)), figures: true },
  { header: "Points held", cell: ({ points }) => formatNumber(points), figures: true },
];

/** For what points are set aside. Nothing while none are. */
export function Held({ held, pointsPerMessage }: { held: Use["held"]; pointsPerMessage: number }) {
  const { campaigns, others } = held;
  if (campaigns.length === 0 && others === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-labelledby="held">
      <Title order={2} id="held">
        What is held
      </Title>
      <Text c="dimmed" size="sm">
        Each message’s points are charged when WhatsApp accepts it, and given back when it is not sent.
        {campaigns.some(({ status }) => over.has(status)) &&
          " Where a campaign is over, WhatsApp never answered for some of its messages: decide about them on its page."}
      </Text>
      {campaigns.length > 0 && (
        <DataTable
          caption="Campaigns for which points are held"
          columns={columnsFor(pointsPerMessage)}
          rows={campaigns}
          rowKey={({ id }) => id}
        />
      )}
      {others > 0 && (
        <Text size="sm">
          {count(others, "point is", "points are")} held for answers and messages written by hand, which are in the{" "}
          <TextLink to="/inbox">inbox</TextLink>.
        </Text>
      )}
    </Stack>
  );
}
