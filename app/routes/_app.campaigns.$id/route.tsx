import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { campaignRef, startCampaignInput } from "#server/campaigns/schema.ts";
import { Refused } from "../../components/form-parts.tsx";
import { Page } from "../../components/page.tsx";
import { campaignLooks, StatusBadge } from "../../components/status-badge.tsx";
import { form, submit } from "../../lib/submit.server.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { Board } from "./board.tsx";
import { BoardActions } from "./board-actions.tsx";
import { DraftActions } from "./draft-actions.tsx";
import { loadCampaign } from "./load.ts";
import { Recipients } from "./recipients.tsx";
import { Review } from "./review.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data?.campaign.name ?? "Campaign"} · MassSender` },
];

const RUNNING_RELOAD_MS = 15_000;

export function loader({ context, params, request }: LoaderFunctionArgs) {
  return loadCampaign(context.api, params.id, new URL(request.url).searchParams);
}

export function action({ context, params, request }: ActionFunctionArgs) {
  const { campaigns } = context.api;
  const here = (toast: string) => ({ done: { to: `/campaigns/${params.id}`, toast } });
  return submit(request, {
    start: form(startCampaignInput, campaigns.start, here("The campaign is running.")),
    checkNumbers: form(campaignRef, campaigns.checkNumbers, here("WhatsApp is being asked.")),
    pause: form(campaignRef, campaigns.pause, here("Paused. What is on its way still arrives.")),
    resume: form(campaignRef, campaigns.resume, here("The campaign goes on.")),
    cancel: form(campaignRef, campaigns.cancel, here("Cancelled. The points of what was not sent are free again.")),
    remove: form(campaignRef, campaigns.remove, { done: { to: "/campaigns", toast: "The draft is deleted." } }),
  });
}

export default function CampaignPage() {
  const data = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const { campaign } = data;
  useReloadEvery(RUNNING_RELOAD_MS, campaign.status === "running" || campaign.status === "cancelling");
  return (
    <Page
      title={campaign.name}
      badge={<StatusBadge look={campaignLooks[campaign.status]} size="lg" />}
      actions={data.review ? <DraftActions campaign={campaign} /> : <BoardActions campaign={campaign} />}
    >
      <Refused answer={answer} intents={["pause", "resume", "cancel", "remove"]} />
      {data.review ? (
        <Review campaign={campaign} review={data.review} answer={answer} />
      ) : (
        <>
          <Board campaign={campaign} />
          <Recipients campaign={campaign} page={data.page} />
        </>
      )}
    </Page>
  );
}
