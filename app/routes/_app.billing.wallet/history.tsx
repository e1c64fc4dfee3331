import { Group, Stack, Text, Title } from "@mantine/core";
import { useSearchParams } from "@remix-run/react";
import { txnWords } from "#server/wallet/history/rules.ts";
import { planName } from "#server/wallet/rules.ts";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { campaignName, formatNumber } from "../../lib/format.ts";
import { timelineAddress } from "../_app.campaigns.$id/run/timeline-address.ts";
import { Exports, Filters } from "./filters.tsx";
import { type Booking, type OfferedCampaign, readFilter } from "./load.ts";
import { signed } from "./words.ts";

const columns: Column<Booking>[] = [
  { header: "When", cell: (row) => <Moment at={row.createdAt} seconds />, tight: true },
  { header: "What", cell: (row) => <What row={row} />, wide: true },
  { header: "Points", cell: (row) => signed(row.points), figures: true },
  { header: "Balance after", cell: (row) => formatNumber(row.balanceAfter), figures: true },
];

/** What was booked, with the way to its cause. */
function What({ row }: { row: Booking }) {
  const { type, message, plan, purchase, reason } = row;
  return (
    <>
      {txnWords[type]}
      {plan && ` of ${planName(plan)}`}
      {message && <OfMessage row={row} message={message} />}
      {reason && `: ${reason}`}
      {purchase && (
        <>
          {purchase.automatic ? ", renewed by itself: " : ": "}
          <TextLink to={`/billing/purchases/${purchase.id}`}>to the purchase</TextLink>
        </>
      )}
    </>
  );
}

function OfMessage({ row: { campaign }, message }: { row: Booking; message: NonNullable<Booking["message"]> }) {
  const who = message.recipient || message.recipientKey.replace(/^pn:/, "");
  const to = campaign
    ? `/campaigns/${campaign.id}${timelineAddress(new URLSearchParams(), message.id)}`
    : message.contactId && `/contacts/${message.contactId}`;
  return (
    <>
      {" for "}
      {to ? <TextLink to={to}>{who}</TextLink> : who}
      {campaign && (
        <>
          {", "}
          <TextLink to={`/campaigns/${campaign.id}`}>{campaignName(campaign.name)}</TextLink>
        </>
      )}
    </>
  );
}

interface Props {
  history: { rows: readonly Booking[]; nextCursor: string | null };
  campaigns: readonly OfferedCampaign[];
}

/** Every change of the balance, and which of them are shown. */
export function History({ history, campaigns }: Props) {
  const [search] = useSearchParams();
  const narrowed = Object.values(readFilter(search)).some((value) => value !== undefined);
  return (
    <Stack gap="sm" component="section" aria-labelledby="history">
      <Group justify="space-between" align="flex-end" gap="sm">
        <Stack gap={2}>
          <Title order={2} id="history">
            History
          </Title>
          <Text c="dimmed" size="sm">
            Every change of the balance. Nothing here is ever changed or deleted.
          </Text>
        </Stack>
        <Exports />
      </Group>
      <Filters campaigns={campaigns} />
      <DataTable
        caption="History of the wallet"
        columns={columns}
        rows={history.rows}
        rowKey={(row) => row.id}
        empty={
          narrowed || search.has("cursor") ? (
            <>
              Nothing was booked like that.{" "}
              <TextLink to="/billing/wallet" preventScrollReset>
                Show all
              </TextLink>
            </>
          ) : (
            "Nothing was booked yet."
          )
        }
      />
      <Pager nextCursor={history.nextCursor} />
    </Stack>
  );
}
