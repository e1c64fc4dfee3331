import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { duplicateInput } from "#server/campaigns/draft/schema.ts";
import { scheduleCampaignInput } from "#server/campaigns/schedule/schema.ts";
import { campaignRef, rowsInput, startCampaignInput } from "#server/campaigns/schema.ts";
import { sendTestInput } from "#server/campaigns/trial/schema.ts";
import { CampaignSteps } from "../../components/campaign-steps.tsx";
import { Page } from "../../components/page.tsx";
import { campaignLooks, StatusBadge } from "../../components/status-badge.tsx";
import { campaignName, count } from "../../lib/format.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { DraftActions } from "./draft-actions.tsx";
import { loadCampaign } from "./load.ts";
import { DryRun } from "./plan/dry-run.tsx";
import { DuplicateButton } from "./plan/duplicate-button.tsx";
import { Scheduled, StartedDifferently } from "./plan/scheduled.tsx";
import { RefusedHere } from "./refused-here.tsx";
import { Results } from "./results/results.tsx";
import { Review } from "./review.tsx";
import { BoardActions } from "./run/actions.tsx";
import { Board } from "./run/board.tsx";
import { FailuresPanel } from "./run/failures.tsx";
import { Recipients } from "./run/recipients.tsx";
import { TimelineDrawer } from "./run/timeline.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data ? campaignName(data.campaign.name) : "Campaign"} · MassSender` },
];

const RUNNING_RELOAD_MS = 15_000;

export function loader({ context, params, request }: LoaderFunctionArgs) {
  return loadCampaign(context.api, params.id, new URL(request.url).searchParams);
}

export function action({ context, params, request }: ActionFunctionArgs) {
  const { campaigns, schedules } = context.api;
  const here = (toast: string) => ({ done: { to: `/campaigns/${params.id}`, toast } });
  // An open row, a filter and a page stay as they are.
  const stay = (said: string) => ({
    done: {
      to: `/campaigns/${params.id}${new URL(request.url).search}`,
      toast: ({ messages }: { messages: number }) => `${count(messages, "message")} ${said}`,
    },
  });
  return submit(request, {
    start: form(startCampaignInput, campaigns.start, here("The campaign is running.")),
    schedule: form(scheduleCampaignInput, campaigns.schedule, here("It starts by itself at that time.")),
    unschedule: form(campaignRef, campaigns.unschedule, here("It is a draft again and does not start by itself.")),
    sendTest: form(sendTestInput, campaigns.sendTest, here("The test is on its way to your own phone.")),
    duplicate: form(duplicateInput, campaigns.duplicate, {
      done: { to: ({ id }) => `/campaigns/${id}`, toast: "This is the copy. Nothing is sent before you start it." },
    }),
    checkNumbers: form(campaignRef, campaigns.checkNumbers, here("WhatsApp is being asked.")),
    pause: form(campaignRef, campaigns.pause, here("Paused. What is on its way still arrives.")),
    resume: form(campaignRef, campaigns.resume, here("The campaign goes on.")),
    cancel: form(campaignRef, campaigns.cancel, here("Cancelled. The points of what was not sent are free again.")),
    retryFailed: form(rowsInput, campaigns.retryFailed, stay("will be tried again.")),
    repeatUnknown: form(rowsInput, campaigns.repeatUnknown, stay("handed over again, under the same id.")),
    treatAsFailed: form(rowsInput, campaigns.treatAsFailed, stay("taken for failed. The points are free again.")),
    unpauseAll: form(campaignRef, () => schedules.resume(), here("Sending goes on.")),
    remove: form(campaignRef, campaigns.remove, { done: { to: "/campaigns", toast: "The draft is deleted." } }),
  });
}

export default function CampaignPage() {
  const data = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const { campaign } = data;
  useReloadEvery(RUNNING_RELOAD_MS, campaign.status === "running" || campaign.status === "cancelling");
  return (
    <Page
      title={campaignName(campaign.name)}
      badge={<StatusBadge look={campaignLooks[campaign.status]} size="lg" />}
      actions={
        <>
          {data.review ? <DraftActions campaign={campaign} /> : <BoardActions campaign={campaign} />}
          <DuplicateButton campaign={campaign} />
        </>
      }
    >
      {/* While a row is open it lies over the page. */}
      {!(!data.review && data.timeline) && <RefusedHere campaignId={campaign.id} answer={answer} />}
      {data.review ? (
        <>
          {campaign.status === "draft" && <CampaignSteps draftId={campaign.id} at="review" />}
          <Scheduled campaign={campaign} review={data.review} />
          {/* What was ticked and typed for one campaign, or one state of it, is not for another. */}
          <Review
            key={`${campaign.id} ${campaign.status}`}
            campaign={campaign}
            review={data.review}
            samples={data.samples}
            media={data.media}
            answer={answer}
          />
          {data.dryRun && <DryRun campaign={campaign} run={data.dryRun} />}
        </>
      ) : (
        <>
          <StartedDifferently campaign={campaign} />
          <Board campaign={campaign} progress={data.progress} />
          <FailuresPanel campaign={campaign} failures={data.failures} />
          <Results campaign={campaign} results={data.results} failures={data.failures} />
          <Recipients campaign={campaign} page={data.page} />
          <TimelineDrawer campaignId={campaign.id} timeline={data.timeline} answer={answer} />
        </>
      )}
    </Page>
  );
}
