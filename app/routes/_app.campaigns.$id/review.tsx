import { getFormProps } from "@conform-to/react";
import { Box, Checkbox, Group, Paper, Stack, Title } from "@mantine/core";
import { Form } from "@remix-run/react";
import { startCampaignInput } from "#server/campaigns/schema.ts";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { PhoneFrame } from "../../components/phone-frame.tsx";
import { count } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { Checks } from "./checks.tsx";
import type { Campaign, CampaignReview } from "./load.ts";
import { Numbers } from "./numbers.tsx";

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
  const [start, fields] = useZodForm({ schema: startCampaignInput, intent: "start", answer });
  const ready = review.problems.length === 0;
  return (
    <Group align="flex-start" gap="lg">
      <Paper flex="1 1 26rem">
        <Stack gap="lg">
          <Title order={2}>Before it starts</Title>
          <Checks campaign={campaign} review={review} />
          <Numbers campaignId={campaign.id} review={review} answer={answer} />
          <Form method="post" {...getFormProps(start)}>
            <Intent name="start" />
            <input type="hidden" name={fields.id.name} value={campaign.id} />
            <Stack>
              <FormError errors={start.errors} />
              <Checkbox
                id={fields.consentConfirmed.id}
                name={fields.consentConfirmed.name}
                value="on"
                label={consentLabel(campaign)}
                error={fields.consentConfirmed.errors?.join(" ")}
              />
              <Group>
                <SubmitButton intent="start" disabled={!ready}>
                  {ready ? startLabel(campaign, review) : "It cannot start yet"}
                </SubmitButton>
              </Group>
            </Stack>
          </Form>
        </Stack>
      </Paper>
      <Box component="section" aria-label="The message" flex="1 1 18rem" maw={{ base: "100%", md: 380 }}>
        <PhoneFrame
          title={campaign.lists.map(({ name }) => name).join(", ")}
          subtitle={
            campaign.audience === "group_chat"
              ? "Group chat: the same text for everybody"
              : "As you wrote it; each variable is filled in for each person"
          }
          messages={[{ id: campaign.id, fromMe: false, text: campaign.templateText }]}
        />
      </Box>
    </Group>
  );
}

/** What the user vouches for, once and by hand, before anything leaves. */
function consentLabel({ purpose, audience }: Campaign): string {
  if (audience === "group_chat") {
    return "Everybody in this group may expect this kind of message in its chat, and I am allowed to write there.";
  }
  if (purpose === "confirmation") return "Everyone who is asked agreed to get messages from me, and I can show how.";
  return "Everyone on this list agreed to get this kind of message from me, and I can show how.";
}

function startLabel({ purpose, audience }: Campaign, { sendable }: CampaignReview): string {
  if (audience === "group_chat") return "Start: write to the group";
  return `Start: ${purpose === "confirmation" ? "ask" : "send to"} ${count(sendable, "person", "people")}`;
}
