import { Group, Paper, Stack, Title } from "@mantine/core";
import type { MediaView } from "#server/media/queries.ts";
import { MessagePreview } from "../../components/message-preview.tsx";
import { WithPreview } from "../../components/with-preview.tsx";
import { count } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { Checks } from "./checks.tsx";
import type { Campaign, CampaignReview, Samples } from "./load.ts";
import { Numbers } from "./numbers.tsx";
import { DryRunLink } from "./plan/dry-run.tsx";
import { StartForms } from "./plan/start-forms.tsx";
import { TestPanel } from "./plan/test-panel.tsx";

/** What a start would do, checked point by point, and the start itself. */
export function Review({
  campaign,
  review,
  samples,
  media,
  answer,
}: {
  campaign: Campaign;
  review: CampaignReview;
  samples: Samples;
  media: MediaView | null;
  answer: Answer | undefined;
}) {
  return (
    <WithPreview
      preview={
        <Stack component="section" aria-label="The message" gap="lg">
          <MessagePreview
            template={campaign.templateText}
            media={media}
            samples={samples}
            group={
              review.group && { name: campaign.lists[0]?.name ?? "", members: count(review.group.members, "member") }
            }
          />
          <TestPanel campaign={campaign} review={review} answer={answer} />
        </Stack>
      }
      rest={
        <Paper component="section" aria-label="Start">
          <StartForms campaign={campaign} review={review} answer={answer} />
        </Paper>
      }
    >
      <Paper>
        <Stack gap="lg">
          <Group justify="space-between">
            <Title order={2}>Before it starts</Title>
            <DryRunLink />
          </Group>
          <Checks campaign={campaign} review={review} />
          <Numbers campaignId={campaign.id} review={review} answer={answer} />
        </Stack>
      </Paper>
    </WithPreview>
  );
}
