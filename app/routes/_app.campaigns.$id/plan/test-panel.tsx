import { getFormProps } from "@conform-to/react";
import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { MobileIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { sendTestInput } from "#server/campaigns/trial/schema.ts";
import { SelectField } from "../../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../../components/form-parts.tsx";
import { Moment } from "../../../components/moment.tsx";
import { messageLooks, StatusBadge } from "../../../components/status-badge.tsx";
import type { Answer } from "../../../lib/submit.server.ts";
import { useReloadEvery } from "../../../lib/use-live.ts";
import { useZodForm } from "../../../lib/use-zod-form.ts";
import type { Campaign, CampaignReview } from "../load.ts";

const LOOK_AGAIN_MS = 3_000;
/** A receipt that has not come by then may never come. */
const RECEIPT_WITHIN_MS = 2 * 60_000;

const waits = {
  session_offline: "The phone is not connected at the moment. It goes when it is back.",
  outside_hours: "It is outside your active hours. It goes when they begin, within a day.",
  daily_cap: "This phone number has sent as much as it may today.",
  paused_all: "You have paused all sending.",
  behind: "Another message of this phone goes first.",
  retrying: "The connection failed before anything was sent. It is tried again by itself.",
} as const satisfies Record<NonNullable<CampaignReview["tests"]["waiting"]>["reason"], string>;

/** Sends the message to the phone that sends the campaign, and shows what becomes of it. */
export function TestPanel({
  campaign,
  review,
  answer,
}: {
  campaign: Campaign;
  review: CampaignReview;
  answer: Answer | undefined;
}) {
  const { tests, first, session } = review;
  const [form, fields] = useZodForm({ schema: sendTestInput, intent: "sendTest", answer });
  useReloadEvery(
    LOOK_AGAIN_MS,
    tests.rows.some(
      ({ status, createdAt }) =>
        status === "queued" ||
        status === "sending" ||
        (status === "sent" && review.now.getTime() - createdAt.getTime() < RECEIPT_WITHIN_MS),
    ),
  );
  return (
    <Stack gap="sm" component="section" aria-label="Test">
      <Title order={3}>See it on your own phone</Title>
      <Form method="post" preventScrollReset {...getFormProps(form)}>
        <Intent name="sendTest" />
        <input type="hidden" name={fields.id.name} value={campaign.id} />
        <Stack gap="sm">
          <FormError errors={form.errors} />
          {first.length > 0 && (
            <SelectField
              meta={fields.contactId}
              label="With the values of"
              data={first.map(({ contactId, name }) => ({ value: contactId, label: name }))}
            />
          )}
          <Group>
            <SubmitButton intent="sendTest" variant="default" leftSection={<MobileIcon aria-hidden />}>
              Send me a test
            </SubmitButton>
          </Group>
          <Text size="sm" c="dimmed">
            It goes to {session?.phone ?? "the phone that sends"} itself, as a message to yourself, and to nobody else.
            It costs nothing and counts to the phone's day.
          </Text>
        </Stack>
      </Form>
      <Box role="status">
        <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: "none" }} aria-label="Tests">
          {tests.rows.map((row) => (
            <Group key={row.id} component="li" gap="xs">
              <StatusBadge look={messageLooks[row.status]} />
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {row.as && <>as {row.as}, </>}
                <Moment at={row.createdAt} seconds />
              </Text>
              {row.reason && <Text size="sm">{row.reason}</Text>}
              {row.status === "queued" && tests.waiting && <Text size="sm">{waits[tests.waiting.reason]}</Text>}
            </Group>
          ))}
        </Stack>
      </Box>
    </Stack>
  );
}
