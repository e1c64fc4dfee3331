import { z } from "zod";
import { messageStatuses } from "../../messages/rules.ts";
import { type CampaignStatus, campaignTransitions } from "../rules.ts";

export const campaignStatuses = Object.keys(campaignTransitions) as CampaignStatus[];

export const listCampaignsInput = z
  .object({
    cursor: z.string().max(60).optional(),
    /** Anywhere in the name; capitals and accents do not matter. */
    search: z.string().trim().max(100).optional(),
    status: z.enum(campaignStatuses).optional(),
  })
  .strict()
  .default({});
export type ListCampaignsInput = z.infer<typeof listCampaignsInput>;

export const repliesInput = z.object({ id: z.string().max(60), cursor: z.string().max(60).optional() }).strict();
export type RepliesInput = z.infer<typeof repliesInput>;

/** Which recipients an export holds: all, or those in one state, or with one reason's code, as the page shows them. */
export const exportFilter = z.object({
  status: z.enum(messageStatuses).optional(),
  reason: z.string().max(40).optional(),
});
export type ExportFilter = z.infer<typeof exportFilter>;
