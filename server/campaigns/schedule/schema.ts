import { z } from "zod";
import { isTimeZone } from "../../auth/rules.ts";
import { startCampaignInput } from "../schema.ts";

/** A start at a time: what a start says, and when. */
export const scheduleCampaignInput = startCampaignInput.extend({
  /** On a clock of the zone, as a browser's field gives it: "2026-11-24T09:00". */
  wall: z.string({ error: "Choose a day and a time." }).min(1, "Choose a day and a time.").max(20),
  tz: z.string().refine(isTimeZone, "Choose a time zone such as Asia/Jakarta."),
});
export type ScheduleCampaignInput = z.infer<typeof scheduleCampaignInput>;
