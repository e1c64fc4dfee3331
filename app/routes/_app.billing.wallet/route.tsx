import { SimpleGrid } from "@mantine/core";
import { CardStackPlusIcon, FileTextIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { lowPointsInput } from "#server/wallet/schema.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { PlanSettings } from "../../components/plan-settings.tsx";
import { count } from "../../lib/format.ts";
import { planForms } from "../../lib/plan-forms.server.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useAccount } from "../../lib/use-account.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { History } from "./history.tsx";
import { loadWallet } from "./load.ts";
import { LowPointsForm } from "./low-points-form.tsx";
import { Forecast, Plan } from "./plan.tsx";
import { Held, PointFigures } from "./points.tsx";
import { UseChart } from "./use-chart.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Wallet · MassSender" }];

export function loader({ context, request }: LoaderFunctionArgs) {
  return loadWallet(context.api, new URL(request.url).searchParams);
}

export function action({ context, request }: ActionFunctionArgs) {
  const { search } = new URL(request.url);
  return submit(request, {
    ...planForms(context.api, `/billing/wallet${search}`),
    lowPoints: form(lowPointsInput, context.api.wallet.setLowPoints, {
      done: { to: `/billing/wallet${search}`, toast: warned },
    }),
  });
}

const warned = (points: number) =>
  points === 0 ? "No warning is shown any more." : `You are warned below ${count(points, "point")}.`;

export default function Wallet() {
  const { points, use, history, campaigns } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const account = useAccount();
  return (
    <Page
      title="Wallet"
      lead={`A message costs ${points.pointsPerMessage} points, charged when WhatsApp accepts it.`}
      actions={
        <>
          <LinkButton to="/billing/buy" leftSection={<CardStackPlusIcon aria-hidden />}>
            Buy points
          </LinkButton>
          <LinkButton to="/billing/receipts" variant="default" leftSection={<FileTextIcon aria-hidden />}>
            Receipts
          </LinkButton>
        </>
      }
    >
      <PointFigures points={points} />
      <Held held={use.held} pointsPerMessage={points.pointsPerMessage} />
      <Plan plan={points.plan}>{account?.user && <PlanSettings plan={account.plan} answer={answer} />}</Plan>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Forecast forecast={use.forecast} />
        <LowPointsForm lowPoints={points.lowPoints} answer={answer} />
      </SimpleGrid>
      <UseChart days={use.days} />
      <History history={history} campaigns={campaigns} />
    </Page>
  );
}
