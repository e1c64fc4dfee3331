import { Text } from "@mantine/core";
import { PaperPlaneIcon, PlusIcon } from "@radix-ui/react-icons";
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { CampaignProgress } from "../../components/campaign-progress.tsx";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { campaignLooks, StatusBadge } from "../../components/status-badge.tsx";
import { formatNumber } from "../../lib/format.ts";
import { idCursor } from "../../lib/params.ts";
import { useReloadEvery } from "../../lib/use-live.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Campaigns · MassSender" }];

const RUNNING_RELOAD_MS = 15_000;

export async function loader({ context, request }: LoaderFunctionArgs) {
  const cursor = idCursor("campaign", new URL(request.url).searchParams.get("cursor"));
  return context.api.campaigns.list({ cursor });
}

type Campaign = Awaited<ReturnType<typeof loader>>["rows"][number];

const columns: Column<Campaign>[] = [
  { header: "Campaign", cell: (row) => <Name row={row} />, wide: true },
  { header: "State", cell: (row) => <StatusBadge look={campaignLooks[row.status]} />, tight: true },
  { header: "Recipients", cell: (row) => (row.status === "draft" ? null : formatNumber(row.total)), figures: true },
  {
    header: "Progress",
    cell: (row) =>
      row.status === "draft" ? "Not started" : <CampaignProgress counts={row.counts} total={row.total} />,
    wide: true,
  },
  { header: "Started", cell: (row) => (row.startedAt ? <Moment at={row.startedAt} /> : null), tight: true },
];

function Name({ row }: { row: Campaign }) {
  const kind = row.audience === "group_chat" ? "Group chat" : row.purpose === "confirmation" ? "Asks for a YES" : null;
  return (
    <>
      <TextLink to={`/campaigns/${row.id}`}>{row.name}</TextLink>
      {kind && (
        <Text size="sm" c="dimmed" component="span" display="block">
          {kind}
        </Text>
      )}
    </>
  );
}

export default function Campaigns() {
  const { rows, nextCursor } = useLoaderData<typeof loader>();
  useReloadEvery(
    RUNNING_RELOAD_MS,
    rows.some((row) => row.status === "running"),
  );
  const write = (
    <LinkButton to="/campaigns/new" leftSection={<PlusIcon aria-hidden />}>
      New campaign
    </LinkButton>
  );
  if (rows.length === 0) {
    return (
      <Page title="Campaigns">
        <EmptyState icon={PaperPlaneIcon} title="No campaign yet" action={write}>
          Write one message for a whole list. It is saved as a draft; nothing is sent before you have checked it and
          started it.
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page title="Campaigns" actions={write}>
      <DataTable caption="Campaigns" columns={columns} rows={rows} rowKey={(row) => row.id} />
      <Pager nextCursor={nextCursor} />
    </Page>
  );
}
