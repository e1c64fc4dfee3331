import { Alert, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { ClockIcon } from "@radix-ui/react-icons";
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { Figure } from "../../components/figure.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Day, Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { formatNumber } from "../../lib/format.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Wallet · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { wallet } = context.api;
  const cursor = new URL(request.url).searchParams.get("cursor") ?? "";
  const [points, history] = await Promise.all([wallet.get(), wallet.txns(/^\d{1,9}$/.test(cursor) ? { cursor } : {})]);
  return { points, history };
}

type Booking = Awaited<ReturnType<typeof loader>>["history"]["rows"][number];

const words = {
  allocation: "Points of the plan",
  topup: "Points bought",
  grant: "Points given",
  deduct: "Message accepted",
  refund: "Given back",
} as const satisfies Record<Booking["type"], string>;

const columns: Column<Booking>[] = [
  { header: "When", cell: (row) => <Moment at={row.createdAt} seconds />, tight: true },
  { header: "What", cell: (row) => <What row={row} />, wide: true },
  {
    header: "Points",
    cell: (row) => `${row.points > 0 ? "+" : "−"}${formatNumber(Math.abs(row.points))}`,
    figures: true,
  },
  { header: "Balance after", cell: (row) => formatNumber(row.balanceAfter), figures: true },
];

function What({ row }: { row: Booking }) {
  return (
    <>
      {words[row.type]}
      {row.recipient && ` for ${row.recipient}`}
      {row.campaign && (
        <>
          {", "}
          <TextLink to={`/campaigns/${row.campaign.id}`}>{row.campaign.name}</TextLink>
        </>
      )}
    </>
  );
}

export default function Wallet() {
  const { points, history } = useLoaderData<typeof loader>();
  const { plan } = points;
  return (
    <Page title="Wallet" lead={`A message costs ${points.pointsPerMessage} points, charged when WhatsApp accepts it.`}>
      {!plan.active && (
        <Alert color="yellow" icon={<ClockIcon aria-hidden />} title="Your plan has ended">
          Your points are kept. Nothing is sent until the plan is renewed.
        </Alert>
      )}
      <Paper>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} component="dl" m={0}>
          <Figure
            label="Available"
            note={`For new campaigns: ${formatNumber(Math.floor(points.available / points.pointsPerMessage))} messages`}
          >
            {formatNumber(points.available)}
          </Figure>
          <Figure label="Held" note="For campaigns that run: charged or given back, message by message">
            {formatNumber(points.held)}
          </Figure>
          <Figure label="Balance" note="Available and held together">
            {formatNumber(points.balance)}
          </Figure>
          <Figure label={plan.active ? "Plan runs until" : "Plan ended"} note={`Plan of ${plan.label}`} words>
            <Day at={plan.expiresAt} />
          </Figure>
        </SimpleGrid>
      </Paper>
      <Stack gap="sm">
        <Title order={2}>History</Title>
        <Text c="dimmed" size="sm">
          Every change of the balance. Nothing here is ever changed or deleted.
        </Text>
        <DataTable caption="History of the wallet" columns={columns} rows={history.rows} rowKey={(row) => row.id} />
        <Pager nextCursor={history.nextCursor} />
      </Stack>
    </Page>
  );
}
