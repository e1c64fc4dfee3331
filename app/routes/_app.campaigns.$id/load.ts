import { leftOutReasons } from "#server/campaigns/rules.ts";
import { messageStatuses } from "#server/messages/rules.ts";
import type { Api } from "#server/route-api.ts";
import { idCursor, idParam, oneOf } from "../../lib/params.ts";
import { loadResults } from "./results/load.ts";

/** As long as a reason's code may be. */
const REASON_MAX = 40;

/** A draft with its review, or a board with a page of its recipients. */
export async function loadCampaign(api: Api, campaignId: string | undefined, search: URLSearchParams) {
  const id = idParam("campaign", campaignId);
  const campaign = await api.campaigns.get({ id });
  if (campaign.status === "draft" || campaign.status === "scheduled") {
    const [review, { samples }, media] = await Promise.all([
      api.campaigns.review({ id }),
      api.campaigns.preview({ id }),
      campaign.mediaId ? api.media.get({ id: campaign.mediaId }) : null,
    ]);
    return {
      campaign,
      review,
      samples,
      media,
      dryRun: search.get("dry") === "on" ? await loadDryRun(api, id, search) : null,
    };
  }
  const messageId = idCursor("message", search.get("row"));
  const [page, progress, failures, timeline, results] = await Promise.all([
    api.campaigns.messages({
      id,
      status: oneOf(search.get("status"), messageStatuses),
      reason: search.get("reason")?.slice(0, REASON_MAX) || undefined,
      cursor: idCursor("message", search.get("cursor")),
    }),
    api.campaigns.progress({ id }),
    api.campaigns.failures({ id }),
    messageId ? api.campaigns.timeline({ id, messageId }) : null,
    loadResults(api, id, search),
  ]);
  return { campaign, review: null, page, progress, failures, timeline, results };
}

function loadDryRun(api: Api, id: string, search: URLSearchParams) {
  return api.campaigns.dryRun({
    id,
    search: search.get("search")?.slice(0, 100),
    show: oneOf(search.get("show"), ["queued", ...leftOutReasons]),
    skip: Math.min(Math.max(0, Math.trunc(Number(search.get("cursor")) || 0)), 100_000),
  });
}

export type Campaign = Awaited<ReturnType<Api["campaigns"]["get"]>>;
export type Samples = Awaited<ReturnType<Api["campaigns"]["preview"]>>["samples"];
export type CampaignReview = Awaited<ReturnType<Api["campaigns"]["review"]>>;
export type RecipientPage = Awaited<ReturnType<Api["campaigns"]["messages"]>>;
export type Progress = Awaited<ReturnType<Api["campaigns"]["progress"]>>;
export type Failures = Awaited<ReturnType<Api["campaigns"]["failures"]>>;
export type MessageTimeline = Awaited<ReturnType<Api["campaigns"]["timeline"]>>;
export type DryRun = Awaited<ReturnType<Api["campaigns"]["dryRun"]>>;
