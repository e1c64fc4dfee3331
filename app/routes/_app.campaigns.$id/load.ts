import { messageStatuses } from "#server/messages/rules.ts";
import type { Api } from "#server/route-api.ts";
import { idCursor, idParam, oneOf } from "../../lib/params.ts";

/** A draft with its review, or a board with a page of its recipients. */
export async function loadCampaign(api: Api, campaignId: string | undefined, search: URLSearchParams) {
  const id = idParam("campaign", campaignId);
  const campaign = await api.campaigns.get({ id });
  if (campaign.status === "draft") return { campaign, review: await api.campaigns.review({ id }) };
  const page = await api.campaigns.messages({
    id,
    status: oneOf(search.get("status"), messageStatuses),
    cursor: idCursor("message", search.get("cursor")),
  });
  return { campaign, review: null, page };
}

export type Campaign = Awaited<ReturnType<Api["campaigns"]["get"]>>;
export type CampaignReview = Awaited<ReturnType<Api["campaigns"]["review"]>>;
export type RecipientPage = Awaited<ReturnType<Api["campaigns"]["messages"]>>;
