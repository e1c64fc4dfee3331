import { Stack, Text, Title } from "@mantine/core";
import { useSearchParams } from "@remix-run/react";
import { messageStatuses } from "#server/messages/rules.ts";
import { presentStatuses } from "../../../components/campaign-progress.tsx";
import { type Column, DataTable, Pager } from "../../../components/data-table.tsx";
import { FilterLinks } from "../../../components/filter-links.tsx";
import { TextLink } from "../../../components/link-button.tsx";
import { Moment } from "../../../components/moment.tsx";
import { messageLooks, StatusBadge } from "../../../components/status-badge.tsx";
import { count } from "../../../lib/format.ts";
import { oneOf, withSearch } from "../../../lib/params.ts";
import type { Campaign, RecipientPage } from "../load.ts";
import { timelineAddress } from "./timeline-address.ts";

type Recipient = RecipientPage["rows"][number];

const columns: Column<Recipient>[] = [
  { header: "Name", cell: (row) => <Opener row={row} /> },
  { header: "Number", cell: (row) => row.phone, tight: true },
  { header: "State", cell: (row) => <StatusBadge look={messageLooks[row.status]} />, tight: true },
  { header: "Since", cell: (row) => <Since row={row} />, tight: true },
  { header: "Why", cell: (row) => <Why row={row} />, wide: true },
];

/** The reasons beside it are long: without it a name has a line for each of its words. */
const wideEnough = { display: "inline-block", minWidth: "7rem" };

/** Opens the life of this message, beside the table. */
function Opener({ row }: { row: Recipient }) {
  const [search] = useSearchParams();
  return (
    <TextLink to={timelineAddress(search, row.id)} preventScrollReset aria-haspopup="dialog" style={wideEnough}>
      {row.name || row.phone}
    </TextLink>
  );
}

function Since({ row }: { row: Recipient }) {
  const at = row.readAt ?? row.deliveredAt ?? row.sentAt ?? row.endedAt ?? row.sendingAt;
  return at ? <Moment at={at} seconds /> : null;
}

function Why({ row }: { row: Recipient }) {
  if (row.reason) return row.reason;
  if (row.retrying) {
    return (
      <>
        The connection failed {count(row.retrying.failures, "time")} before anything was sent. It is tried again{" "}
        <Moment at={row.retrying.at} seconds />.
      </>
    );
  }
  if (row.submissions > 1) {
    return (
      <Text size="sm" c="dimmed">
        Handed over {row.submissions} times under the same id; it shows once.
      </Text>
    );
  }
  if (row.status === "unknown")
    return "WhatsApp never answered. Its points stay held until you decide, or for 14 days.";
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
      {search.has("reason") && (
        <Text size="sm">
          Only those with one reason are shown.{" "}
          <TextLink to={withSearch(search, { reason: null, cursor: null })} preventScrollReset>
            Show the others too
          </TextLink>
        </Text>
      )}
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
