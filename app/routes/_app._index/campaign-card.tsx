import { Anchor, Group, Paper, Stack, Text } from "@mantine/core";
import { Link } from "@remix-run/react";
import type { CampaignStatus, pauseSentences } from "#server/campaigns/rules.ts";
import { CampaignProgress, type Counts } from "../../components/campaign-progress.tsx";
import { ScheduledStart } from "../../components/scheduled-start.tsx";
import { campaignLooks, StatusBadge } from "../../components/status-badge.tsx";
import { campaignName } from "../../lib/format.ts";

export interface CampaignRow {
  id: string;
  name: string;
  status: CampaignStatus;
  pauseReason: keyof typeof pauseSentences | null;
  scheduledFor: Date | null;
  scheduleTz: string | null;
  scheduleProblem: string | null;
  total: number;
  counts: Counts;
}

export function CampaignCard({ row }: { row: CampaignRow }) {
  return (
    <Paper p="md">
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Anchor component={Link} to={`/campaigns/${row.id}`} fw={600} style={{ overflowWrap: "anywhere" }}>
            {campaignName(row.name)}
          </Anchor>
          <StatusBadge look={campaignLooks[row.status]} />
        </Group>
        <Progress row={row} />
      </Stack>
    </Paper>
  );
}

function Progress({ row }: { row: CampaignRow }) {
  if (row.status === "scheduled" && row.scheduledFor) {
    return (
      <Text component="div">
        <ScheduledStart at={row.scheduledFor} tz={row.scheduleTz} problem={row.scheduleProblem} />
      </Text>
    );
  }
  if (row.status !== "draft") return <CampaignProgress counts={row.counts} total={row.total} />;
  return (
    <Text size="sm" c="dimmed">
      Not started. Open it to check and start it.
    </Text>
  );
}
