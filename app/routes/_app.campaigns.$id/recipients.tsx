import { Stack, Text, Title } from "@mantine/core";
import { useSearchParams } from "@remix-run/react";
import { messageStatuses } from "#server/messages/rules.ts";
import { presentStatuses } from "../../components/campaign-progress.tsx";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { FilterLinks } from "../../components/filter-links.tsx";
import { Moment } from "../../components/moment.tsx";
import { messageLooks, StatusBadge } from "../../components/status-badge.tsx";
import { oneOf } from "../../lib/params.ts";
import type { Campaign, RecipientPage } from "./load.ts";

type Recipient = RecipientPage["rows"][number];

const columns: Column<Recipient>[] = [
  { header: "Name", cell: (row) => row.name },
  { header: "Number", cell: (row) => row.phone, tight: true },
  { header: "State", cell: (row) => <StatusBadge look={messageLooks[row.status]} />, tight: true },
  { header: "Since", cell: (row) => <Since row={row} />, tight: true },
  { header: "Why", cell: (row) => <Why row={row} />, wide: true },
];

function Since({ row }: { row: Recipient }) {
  const at = row.readAt ?? row.deliveredAt ?? row.sentAt ?? row.endedAt ?? row.sendingAt;
  return at ? <Moment at={at} seconds /> : null;
}

function Why({ row }: { row: Recipient }) {
  if (row.reason) return row.reason;
  if (row.submissions > 1) {
    return (
      <Text size="sm" c="dimmed">
        Handed over {row.submissions} times under the same id; it shows once.
      </Text>
    );
  }
  if (row.status === "unknown") return "WhatsApp has not answered for a day. Its points stay held.";
  return null;
}

/** Every recipient with its state and, where there is one, the reason. */
export function Recipients({ campaign, page }: { campaign: Campaign; page: RecipientPage }) {
  const [search] = useSearchParams();
  const { counts, total } = campaign;
  return (
    <Stack gap="sm">
      <Title order={2}>Recipients</Title>
      <FilterLinks
        label="Show recipients by state"
        param="status"
        chosen={oneOf(search.get("status"), messageStatuses)}
        total={total}
        options={presentStatuses(counts).map((status) => ({
          value: status,
          word: messageLooks[status].word,
          count: counts[status],
        }))}
      />
      <DataTable
        caption="Recipients"
        columns={columns}
        rows={page.rows}
        rowKey={(row) => row.id}
        empty="Nobody is in this state at the moment."
      />
      <Pager nextCursor={page.nextCursor} />
    </Stack>
  );
}
