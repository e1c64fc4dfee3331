import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { campaignPath, suggested } from "#server/billing/purchases/rules.ts";
import { buyInput } from "#server/billing/purchases/schema.ts";
import { Page } from "../../components/page.tsx";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { BuyForm } from "./buy-form.tsx";
import { NothingSold } from "./nothing-sold.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Buy · MassSender" }];

/** `?offer=plan-30d` chooses one, `?missing=120` the pack that has so many points; `?back=` names the campaign they are for. */
export async function loader({ context, request }: LoaderFunctionArgs) {
  const { billing, receipts } = context.api;
  const [shop, madeOutTo] = await Promise.all([billing.offers(), receipts.details()]);
  const search = new URL(request.url).searchParams;
  const missing = Number(search.get("missing")) || null;
  const chosen = suggested(shop.offers, { offer: search.get("offer"), missing });
  return { ...shop, madeOutTo, missing, back: campaignPath(search.get("back")), chosen: chosen?.id ?? null };
}

export type Shop = Awaited<ReturnType<typeof loader>>;

export function action({ context, request }: ActionFunctionArgs) {
  return submit(request, { buy: form(buyInput, context.api.billing.buy, { done: { to: ({ url }) => url } }) });
}

export default function Buy() {
  const shop = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  return (
    <Page
      title="Buy"
      lead="A plan lets you send for its days and comes with points. More points can be added at any time; they never expire."
    >
      {shop.provider === null || shop.chosen === null ? (
        <NothingSold shop={shop} />
      ) : (
        <BuyForm shop={shop} first={shop.chosen} answer={answer} />
      )}
    </Page>
  );
}
