import { z } from "zod";
import type { Id } from "#db/ids.ts";
import { pointsFor } from "#server/billing/purchases/rules.ts";
import { Refused } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import type { Answer } from "../../lib/submit.server.ts";

/** Buttons that stand by themselves: what they were refused for is told in one place. */
const intents = [
  "pause",
  "resume",
  "cancel",
  "remove",
  "unschedule",
  "duplicate",
  "retryFailed",
  "repeatUnknown",
  "treatAsFailed",
  "unpauseAll",
];
const lackOfPoints = z.object({
  code: z.literal("insufficient_points"),
  details: z.object({ missing: z.number().int().positive() }),
});

/** Why something could not be done with a campaign, with the way to the points that it lacks. */
export function RefusedHere({ campaignId, answer }: { campaignId: Id<"campaign">; answer: Answer | undefined }) {
  const lack = lackOfPoints.safeParse(answer?.refusal).data;
  return (
    <Refused answer={answer} intents={intents}>
      {lack && <TextLink to={pointsFor(campaignId, lack.details.missing)}>Get the missing points</TextLink>}
    </Refused>
  );
}
