import { Paper, Stack } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { campaignPath } from "#server/billing/purchases/rules.ts";
import { payInput, purchaseRef } from "#server/billing/purchases/schema.ts";
import { Refused } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { PriceLines } from "../../components/price-lines.tsx";
import { purchaseLooks, waitingLook } from "../../components/purchase-looks.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { idParam } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useAccount } from "../../lib/use-account.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { Outcome } from "./outcome.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Purchase · MassSender" }];

/** The net under the live stream, while a payment is waited for. */
const LOOK_AGAIN_MS = 5_000;

/**
 * `?returned=1`: the person comes from the provider's page, and what became of the payment is on its way. `?back=` names the
 * campaign that the points are for.
 */
export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const purchase = await context.api.billing.purchase({ id: idParam("purchase", params.id) });
  const search = new URL(request.url).searchParams;
  return { purchase, returned: search.has("returned"), back: campaignPath(search.get("back")) };
}

export function action({ context, request }: ActionFunctionArgs) {
  const { billing } = context.api;
  return submit(request, {
    pay: form(payInput, billing.pay, { done: { to: ({ url }) => url } }),
    cancel: form(purchaseRef, ({ id }) => billing.cancel({ id }).then(() => id), {
      done: {
        to: (id) => `/billing/purchases/${id}${new URL(request.url).search}`,
        toast: "The purchase is cancelled.",
      },
    }),
  });
}

export default function PurchasePage() {
  const { purchase, returned, back } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const payable = useAccount()?.plan?.sold ?? false;
  const waiting = purchase.status === "pending" && payable && (returned || purchase.automatic);
  useReloadEvery(LOOK_AGAIN_MS, waiting);
  return (
    <Page
      title={purchase.what}
      badge={<StatusBadge look={waiting ? waitingLook : purchaseLooks[purchase.status]} />}
      lead={
        <>
          {purchase.automatic ? "Renewed by itself on " : "Ordered on "}
          <Moment at={purchase.createdAt} />. <TextLink to="/billing/purchases">All purchases</TextLink>
        </>
      }
    >
      <Stack maw={560}>
        <Refused answer={answer} intents={["pay", "cancel"]} />
        <Outcome purchase={purchase} waiting={waiting} payable={payable} back={back} />
        <Paper>
          <PriceLines {...purchase} />
        </Paper>
      </Stack>
    </Page>
  );
}
