import { Anchor, Paper, Text, Title, VisuallyHidden } from "@mantine/core";
import { DownloadIcon, FileTextIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { billingDetailsInput } from "#server/billing/receipts/schema.ts";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { formatMoney } from "../../lib/format.ts";
import { idCursor } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { DetailsForm } from "./details-form.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Receipts · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { receipts } = context.api;
  const cursor = idCursor("invoice", new URL(request.url).searchParams.get("cursor"));
  const [list, details] = await Promise.all([receipts.list({ cursor }), receipts.details()]);
  return { list, details };
}

export function action({ context, request }: ActionFunctionArgs) {
  return submit(request, {
    details: form(billingDetailsInput, context.api.receipts.setDetails, {
      done: { to: "/billing/receipts", toast: "The next receipt is made out so." },
    }),
  });
}

type Receipt = Awaited<ReturnType<typeof loader>>["list"]["rows"][number];

const columns: Column<Receipt>[] = [
  { header: "Number", cell: (row) => row.number, tight: true },
  { header: "When", cell: (row) => <Moment at={row.issuedAt} />, tight: true },
  { header: "What", cell: (row) => (row.demo ? `${row.what} (demo)` : row.what), wide: true },
  { header: "Total", cell: (row) => formatMoney(row.total, row.currency), figures: true, tight: true },
  { header: "Receipt", cell: (row) => <Download receipt={row} />, tight: true },
];

function Download({ receipt }: { receipt: Receipt }) {
  const { id, number } = receipt;
  return (
    <Anchor href={`/billing/receipts/${id}/receipt.pdf`} download underline="always" fz="inherit">
      <DownloadIcon aria-hidden style={{ verticalAlign: "-2px" }} /> PDF
      <VisuallyHidden> of receipt {number}</VisuallyHidden>
    </Anchor>
  );
}

export default function Receipts() {
  const { list, details } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  return (
    <Page
      title="Receipts"
      lead="One for each purchase that was paid. Once written, a receipt never changes."
      actions={
        <LinkButton to="/billing/purchases" variant="default">
          Purchases
        </LinkButton>
      }
    >
      {list.rows.length === 0 ? (
        <EmptyState
          icon={FileTextIcon}
          title="No receipt yet"
          action={<LinkButton to="/billing/buy">See plans and points</LinkButton>}
        >
          A receipt is here as soon as a purchase is paid. Below you can say who it is made out to.
        </EmptyState>
      ) : (
        <>
          <DataTable caption="Receipts" columns={columns} rows={list.rows} rowKey={(row) => row.id} />
          <Pager nextCursor={list.nextCursor} />
        </>
      )}
      <Paper component="section" aria-labelledby="made-out" maw={640}>
        <Title order={2} id="made-out" mb={4}>
          Made out to
        </Title>
        <Text c="dimmed" size="sm" mb="md">
          As it stands on receipts from the next one on. Without a name they show your e-mail address.
        </Text>
        <DetailsForm details={details} answer={answer} />
      </Paper>
    </Page>
  );
}
