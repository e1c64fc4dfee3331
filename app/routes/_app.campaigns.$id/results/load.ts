import type { Id } from "#db/ids.ts";
import type { Api } from "#server/route-api.ts";
import { idCursor } from "../../../lib/params.ts";

/** Names the pages of replies in the address, beside those of the recipients. */
export const REPLIES_CURSOR = "replies";

/** What came of a campaign that was started, with a page of what people answered. */
export async function loadResults(api: Api, id: Id<"campaign">, search: URLSearchParams) {
  const cursor = idCursor("inboundMessage", search.get(REPLIES_CURSOR));
  const [results, replies] = await Promise.all([api.campaigns.results({ id }), api.campaigns.replies({ id, cursor })]);
  return { ...results, replies };
}

export type CampaignResults = Awaited<ReturnType<typeof loadResults>>;
