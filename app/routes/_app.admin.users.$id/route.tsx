import { Badge, Paper, SimpleGrid, Stack, Title } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { newId } from "#db/ids.ts";
import { grantPlanInput, grantPointsInput } from "#server/admin/schema.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Figure } from "../../components/figure.tsx";
import { GrantTable } from "../../components/grant-table.tsx";
import { Day, Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { purchaseLooks } from "../../components/purchase-looks.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { formatMoney, formatNumber } from "../../lib/format.ts";
import { idParam } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { GrantForms } from "./grant-forms.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data?.user.email ?? "Account"} · MassSender` },
];

export async function loader({ context, params }: LoaderFunctionArgs) {
  const userId = idParam("user", params.id);
  // What is given is given once for each of these, however often its form is sent.
  return { ...(await context.api.admin.user({ userId })), ids: { points: newId("grant"), plan: newId("grant") } };
}

export function action({ context, params, request }: ActionFunctionArgs) {
  const { admin } = context.api;
  const to = `/admin/users/${idParam("user", params.id)}`;
  return submit(request, {
    points: form(grantPointsInput, admin.grantPoints, { done: { to, toast: "The points are given." } }),
    plan: form(grantPlanInput, admin.grantPlan, { done: { to, toast: "The plan is given, with its points." } }),
  });
}

type Purchase = Awaited<ReturnType<typeof loader>>["purchases"][number];

const columns: Column<Purchase>[] = [
  { header: "When", cell: (row) => <Moment at={row.createdAt} />, tight: true },
  { header: "What", cell: (row) => row.what, wide: true },
  { header: "State", cell: (row) => <StatusBadge look={purchaseLooks[row.status]} /> },
  { header: "Receipt", cell: (row) => row.invoiceNumber ?? "none" },
  { header: "Total", cell: (row) => formatMoney(row.total, row.currency), figures: true, tight: true },
];

export default function Account() {
  const { user, wallet, grants, purchases, ids } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const { plan } = wallet;
  return (
    <Page
      title={user.email}
      badge={user.isAdmin && <Badge variant="light">Administrator</Badge>}
      lead={
        <>
          Opened on <Day at={user.createdAt} />, time zone {user.tz}
        </>
      }
    >
      <Paper>
        <SimpleGrid cols={{ base: 2, md: 4 }} component="dl" m={0}>
          <Figure label="Available">{formatNumber(wallet.available)}</Figure>
          <Figure label="Held">{formatNumber(wallet.held)}</Figure>
          <Figure label="Balance">{formatNumber(wallet.balance)}</Figure>
          {plan.none ? (
            <Figure label="Plan" words>
              No plan yet
            </Figure>
          ) : (
            <Figure label={plan.active ? "Plan runs until" : "Plan ended"} note={`Plan of ${plan.label}`} words>
              <Day at={plan.expiresAt} />
            </Figure>
          )}
        </SimpleGrid>
      </Paper>
      <GrantForms userId={user.id} ids={ids} answer={answer} />
      <Stack gap="xs" component="section" aria-labelledby="given">
        <Title order={2} id="given">
          Given
        </Title>
        <GrantTable grants={grants} />
      </Stack>
      <Stack gap="xs" component="section" aria-labelledby="bought">
        <Title order={2} id="bought">
          Bought
        </Title>
        <DataTable
          caption="Purchases of this account"
          columns={columns}
          rows={purchases}
          rowKey={(row) => row.id}
          empty="Nothing was bought yet."
        />
      </Stack>
    </Page>
  );
}
