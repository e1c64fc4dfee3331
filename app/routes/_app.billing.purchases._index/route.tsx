import { Group } from "@mantine/core";
import { CardStackIcon, CardStackPlusIcon } from "@radix-ui/react-icons";
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { purchaseLooks } from "../../components/purchase-looks.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { formatMoney } from "../../lib/format.ts";
import { idCursor } from "../../lib/params.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Purchases · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const cursor = idCursor("purchase", new URL(request.url).searchParams.get("cursor"));
  return context.api.billing.purchases({ cursor });
}

type Row = Awaited<ReturnType<typeof loader>>["rows"][number];

const columns: Column<Row>[] = [
  { header: "When", cell: (row) => <Moment at={row.createdAt} />, tight: true },
  {
    header: "What",
    cell: (row) => (
      <>
        <TextLink to={`/billing/purchases/${row.id}`}>{row.what}</TextLink>
        {row.automatic && ", renewed by itself"}
      </>
    ),
    wide: true,
  },
  { header: "State", cell: (row) => <StatusBadge look={purchaseLooks[row.status]} /> },
  { header: "Total", cell: (row) => formatMoney(row.total, row.currency), figures: true, tight: true },
];

export default function Purchases() {
  const { rows, nextCursor } = useLoaderData<typeof loader>();
  return (
    <Page
      title="Purchases"
      lead="What you bought, or meant to. What is not paid within a day ends by itself."
      actions={
        <Group gap="sm">
          <LinkButton to="/billing/receipts" variant="default">
            Receipts
          </LinkButton>
          <LinkButton to="/billing/buy" leftSection={<CardStackPlusIcon aria-hidden />}>
            Buy
          </LinkButton>
        </Group>
      }
    >
      {rows.length === 0 && nextCursor === null ? (
        <EmptyState
          icon={CardStackIcon}
          title="Nothing bought yet"
          action={<LinkButton to="/billing/buy">See plans and points</LinkButton>}
        >
          Plans and packs of points that you buy are listed here, with their receipts.
        </EmptyState>
      ) : (
        <>
          <DataTable caption="Purchases" columns={columns} rows={rows} rowKey={(row) => row.id} />
          <Pager nextCursor={nextCursor} />
        </>
      )}
    </Page>
  );
}
