import { getFormProps } from "@conform-to/react";
import { Group, Stack, Tabs, TextInput } from "@mantine/core";
import { ClockIcon, PaperPlaneIcon } from "@radix-ui/react-icons";
import { Form, useSearchParams } from "@remix-run/react";
import { useId } from "react";
import { wallOf } from "#server/campaigns/schedule/rules.ts";
import { scheduleCampaignInput } from "#server/campaigns/schedule/schema.ts";
import { startCampaignInput } from "#server/campaigns/schema.ts";
import { TextField } from "../../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../../components/form-parts.tsx";
import { TextLink } from "../../../components/link-button.tsx";
import { count } from "../../../lib/format.ts";
import type { Answer } from "../../../lib/submit.server.ts";
import { useTimeZone } from "../../../lib/use-account.ts";
import { useHydrated } from "../../../lib/use-hydrated.ts";
import { useZodForm } from "../../../lib/use-zod-form.ts";
import type { Campaign, CampaignReview } from "../load.ts";
import { StartFields } from "./start-fields.tsx";

interface Props {
  campaign: Campaign;
  review: CampaignReview;
  answer: Answer | undefined;
}

/** The start, now or at a time. */
export function StartForms(props: Props) {
  const { campaign, answer } = props;
  const [search] = useSearchParams();
  const planned = campaign.status === "scheduled" || search.get("when") === "later";
  const later = answer?.intent === "schedule" || (planned && answer?.intent !== "start");
  return (
    <Tabs defaultValue={later ? "later" : "now"} keepMounted={false}>
      <noscript>
        <TextLink to={later ? "?when=now" : "?when=later"}>
          {later ? "Start it now instead" : "Start it at a time instead"}
        </TextLink>
      </noscript>
      <Tabs.List mb="md" data-needs-script>
        <Tabs.Tab value="now" leftSection={<PaperPlaneIcon aria-hidden />}>
          Start now
        </Tabs.Tab>
        <Tabs.Tab value="later" leftSection={<ClockIcon aria-hidden />}>
          {campaign.status === "scheduled" ? "Another time" : "At a time"}
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="now">
        <StartNow {...props} />
      </Tabs.Panel>
      <Tabs.Panel value="later">
        <StartLater {...props} />
      </Tabs.Panel>
    </Tabs>
  );
}

function StartNow({ campaign, review, answer }: Props) {
  const [start, fields] = useZodForm({ schema: startCampaignInput, intent: "start", answer });
  const ready = review.problems.length === 0;
  return (
    <Form method="post" preventScrollReset {...getFormProps(start)}>
      <Intent name="start" />
      <input type="hidden" name={fields.id.name} value={campaign.id} />
      <Stack>
        <FormError errors={start.errors} />
        <StartFields campaign={campaign} review={review} fields={fields} />
        <Group>
          <SubmitButton intent="start" disabled={!ready}>
            {ready ? startLabel(campaign, review) : "It cannot start yet"}
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** Of these a scheduled start looks again at its time. */
const mayPass = new Set(["insufficient_points", "plan_expired", "session_not_linked", "account_restricted"]);

function StartLater({ campaign, review, answer }: Props) {
  const own = useTimeZone();
  const tz = campaign.scheduleTz ?? own;
  const planned = campaign.scheduledFor ?? review.now;
  const [form, fields] = useZodForm({
    schema: scheduleCampaignInput,
    intent: "schedule",
    answer,
    defaultValue: { tz, wall: planned > review.now ? wallOf(planned, tz) : tomorrow(review.now, tz) },
  });
  const ready = review.problems.every(({ code }) => mayPass.has(code));
  const zones = useId();
  return (
    <Form method="post" preventScrollReset {...getFormProps(form)}>
      <Intent name="schedule" />
      <input type="hidden" name={fields.id.name} value={campaign.id} />
      <Stack>
        <FormError errors={form.errors} />
        <Group align="flex-start" gap="md">
          <TextInput
            key={fields.wall.key}
            id={fields.wall.id}
            name={fields.wall.name}
            defaultValue={fields.wall.initialValue}
            type="datetime-local"
            label="Day and time"
            error={fields.wall.errors?.join(" ")}
            maw={240}
          />
          <TextField meta={fields.tz} label="Time zone" maw={240} list={zones} autoComplete="off" />
          <Zones id={zones} />
        </Group>
        <StartFields campaign={campaign} review={review} fields={fields} />
        <Group>
          <SubmitButton intent="schedule" disabled={!ready}>
            {!ready
              ? "It cannot start yet"
              : campaign.status === "scheduled"
                ? "Change the time"
                : "Schedule the start"}
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** The zones that this browser knows, to choose from while one is typed. */
function Zones({ id }: { id: string }) {
  // Those of the server are others.
  const alive = useHydrated();
  return (
    <datalist id={id}>
      {alive && Intl.supportedValuesOf("timeZone").map((zone) => <option key={zone} value={zone} />)}
    </datalist>
  );
}

const tomorrow = (now: Date, tz: string): string =>
  `${wallOf(new Date(now.getTime() + 24 * 60 * 60_000), tz).slice(0, 11)}09:00`;

function startLabel({ purpose, audience }: Campaign, { sendable }: CampaignReview): string {
  if (audience === "group_chat") return "Start: write to the group";
  return `Start: ${purpose === "confirmation" ? "ask" : "send to"} ${count(sendable, "person", "people")}`;
}
