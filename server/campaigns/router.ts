import { router, userProcedure } from "../trpc.ts";
import { createCampaign, updateCampaign } from "./draft/draft.ts";
import { duplicateCampaign } from "./draft/duplicate.ts";
import { previewCampaign } from "./draft/preview.ts";
import { readReach } from "./draft/reach.ts";
import { checkCampaignNumbers, reviewCampaign } from "./draft/review.ts";
import { duplicateInput } from "./draft/schema.ts";
import { listCampaigns } from "./results/list.ts";
import { getCampaign, listCampaignMessages } from "./results/queries.ts";
import { listReplies } from "./results/replies.ts";
import { readResults } from "./results/results.ts";
import { listCampaignsInput, repliesInput } from "./results/schema.ts";
import { readFailures } from "./run/failures.ts";
import { treatAsFailed } from "./run/give-up.ts";
import { cancelCampaign, pauseCampaign, removeDraft, resumeCampaign } from "./run/pause.ts";
import { readProgress } from "./run/progress.ts";
import { repeatUnknown, retryFailed } from "./run/retry.ts";
import { startCampaign } from "./run/start.ts";
import { readTimeline } from "./run/timeline.ts";
import { scheduleCampaign, unscheduleCampaign } from "./schedule/schedule.ts";
import { scheduleCampaignInput } from "./schedule/schema.ts";
import {
  campaignMessagesInput,
  campaignRef,
  createCampaignInput,
  reachInput,
  rowsInput,
  startCampaignInput,
  timelineInput,
  updateCampaignInput,
} from "./schema.ts";
import { dryRun } from "./trial/dry-run.ts";
import { dryRunInput, sendTestInput } from "./trial/schema.ts";
import { sendTest } from "./trial/test-send.ts";

export const campaignsRouter = router({
  list: userProcedure.input(listCampaignsInput).query(({ ctx, input }) => listCampaigns(ctx.db, ctx.userId, input)),
  get: userProcedure
    .input(campaignRef)
    .query(({ ctx, input }) => getCampaign(ctx.db, ctx.userId, input, ctx.env.caps.messagesPerDay)),
  messages: userProcedure
    .input(campaignMessagesInput)
    .query(({ ctx, input }) => listCampaignMessages(ctx.db, ctx.userId, input)),
  results: userProcedure.input(campaignRef).query(({ ctx, input }) => readResults(ctx.db, ctx.userId, input)),
  replies: userProcedure.input(repliesInput).query(({ ctx, input }) => listReplies(ctx.db, ctx.userId, input)),
  review: userProcedure
    .input(campaignRef)
    .query(({ ctx, input }) => reviewCampaign(ctx.db, ctx.env.caps, ctx.userId, input)),
  reach: userProcedure
    .input(reachInput)
    .query(({ ctx, input }) => readReach(ctx.db, ctx.userId, input, ctx.env.caps.recipientsPerCampaign)),
  preview: userProcedure.input(campaignRef).query(({ ctx, input }) => previewCampaign(ctx.db, ctx.userId, input)),
  checkNumbers: userProcedure
    .input(campaignRef)
    .mutation(({ ctx, input }) => checkCampaignNumbers(ctx.db, ctx.userId, input)),
  create: userProcedure
    .input(createCampaignInput)
    .mutation(({ ctx, input }) => createCampaign(ctx.db, ctx.userId, input)),
  update: userProcedure
    .input(updateCampaignInput)
    .mutation(({ ctx, input }) => updateCampaign(ctx.db, ctx.userId, input)),
  remove: userProcedure.input(campaignRef).mutation(({ ctx, input }) => removeDraft(ctx.db, ctx.userId, input)),
  start: userProcedure
    .input(startCampaignInput)
    .mutation(({ ctx, input }) => startCampaign(ctx.db, ctx.env, ctx.userId, input)),
  sendTest: userProcedure
    .input(sendTestInput)
    .mutation(({ ctx, input }) => sendTest(ctx.db, ctx.env, ctx.userId, input)),
  dryRun: userProcedure.input(dryRunInput).query(({ ctx, input }) => dryRun(ctx.db, ctx.env, ctx.userId, input)),
  schedule: userProcedure
    .input(scheduleCampaignInput)
    .mutation(({ ctx, input }) => scheduleCampaign(ctx.db, ctx.env, ctx.userId, input)),
  unschedule: userProcedure
    .input(campaignRef)
    .mutation(({ ctx, input }) => unscheduleCampaign(ctx.db, ctx.userId, input)),
  duplicate: userProcedure
    .input(duplicateInput)
    .mutation(({ ctx, input }) => duplicateCampaign(ctx.db, ctx.userId, input)),
  pause: userProcedure.input(campaignRef).mutation(({ ctx, input }) => pauseCampaign(ctx.db, ctx.userId, input)),
  resume: userProcedure.input(campaignRef).mutation(({ ctx, input }) => resumeCampaign(ctx.db, ctx.userId, input)),
  progress: userProcedure
    .input(campaignRef)
    .query(({ ctx, input }) => readProgress(ctx.db, ctx.env.caps, ctx.userId, input)),
  failures: userProcedure.input(campaignRef).query(({ ctx, input }) => readFailures(ctx.db, ctx.userId, input)),
  timeline: userProcedure.input(timelineInput).query(({ ctx, input }) => readTimeline(ctx.db, ctx.userId, input)),
  retryFailed: userProcedure.input(rowsInput).mutation(({ ctx, input }) => retryFailed(ctx.db, ctx.userId, input)),
  repeatUnknown: userProcedure.input(rowsInput).mutation(({ ctx, input }) => repeatUnknown(ctx.db, ctx.userId, input)),
  treatAsFailed: userProcedure.input(rowsInput).mutation(({ ctx, input }) => treatAsFailed(ctx.db, ctx.userId, input)),
  cancel: userProcedure.input(campaignRef).mutation(({ ctx, input }) => cancelCampaign(ctx.db, ctx.userId, input)),
});
