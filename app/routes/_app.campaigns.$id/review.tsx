import { Box, Group, Paper, Stack, Title } from "@mantine/core";
import { PhoneFrame } from "../../components/phone-frame.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { Checks } from "./checks.tsx";
import type { Campaign, CampaignReview } from "./load.ts";
import { Numbers } from "./numbers.tsx";
import { DryRunLink } from "./plan/dry-run.tsx";
import { StartForms } from "./plan/start-forms.tsx";
import { TestPanel } from "./plan/test-panel.tsx";

/** What a start would do, checked point by point, and the start itself. */
export function Review({
  campaign,
  review,
  answer,
}: {
  campaign: Campaign;
  review: CampaignReview;
  answer: Answer | undefined;
}) {
  return (
    <Group align="flex-start" gap="lg">
      <Paper flex="1 1 26rem">
        <Stack gap="lg">
          <Group justify="space-between">
            <Title order={2}>Before it starts</Title>
            <DryRunLink />
          </Group>
          <Checks campaign={campaign} review={review} />
          <Numbers campaignId={campaign.id} review={review} answer={answer} />
          <StartForms campaign={campaign} review={review} answer={answer} />
        </Stack>
      </Paper>
      <Box component="section" aria-label="The message" flex="1 1 18rem" maw={{ base: "100%", md: 380 }}>
        <PhoneFrame
          title={[...campaign.lists.map(({ name }) => name), ...campaign.tags].join(", ")}
          subtitle={
            campaign.audience === "group_chat"
              ? "Group chat: the same text for everybody"
              : "As you wrote it; each variable is filled in for each person"
          }
          messages={[{ id: campaign.id, fromMe: false, text: campaign.templateText }]}
        />
        <Box mt="lg">
          <TestPanel campaign={campaign} review={review} answer={answer} />
        </Box>
      </Box>
    </Group>
  );
}
