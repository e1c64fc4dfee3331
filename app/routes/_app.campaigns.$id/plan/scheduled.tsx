import { Alert, Group, Stack, Text } from "@mantine/core";
import { ClockIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { MISSED } from "#server/campaigns/schedule/rules.ts";
import { ButtonForm, SubmitButton } from "../../../components/form-parts.tsx";
import { TextLink } from "../../../components/link-button.tsx";
import { count } from "../../../lib/format.ts";
import { useAccount } from "../../../lib/use-account.ts";
import type { Campaign, CampaignReview } from "../load.ts";
import { Soon } from "./finish.tsx";

/** When it starts by itself, or why it did not. */
export function Scheduled({ campaign, review }: { campaign: Campaign; review: CampaignReview }) {
  const { id, scheduledFor, scheduleTz, scheduleProblem, recipientsConfirmed } = campaign;
  if (scheduledFor === null) return null;
  const due = <Soon at={scheduledFor} tz={scheduleTz} />;
  const why = review.problems.find(({ code }) => code === scheduleProblem)?.sentence;
  const missed = scheduleProblem === MISSED;
  const late = scheduleProblem !== null;
  const Sign = late ? ExclamationTriangleIcon : ClockIcon;
  return (
    <Alert
      color={late ? "yellow" : "blue"}
      icon={<Sign aria-hidden />}
      title={missed ? "Its time was missed" : late ? "It could not start yet" : <>Starts {due}</>}
      role="status"
    >
      <Stack gap="sm">
        <Text size="sm">
          {missed && (
            <>
              It was to start {due}. That was missed by more than an hour, so nothing was sent. What shall become of it?
            </>
          )}
          {late && !missed && (
            <>
              It was to start {due}. {why ?? "What was in the way may be over by now."} It is tried again each minute,
              for an hour.
            </>
          )}
          {!late && (
            <>
              {count(recipientsConfirmed ?? 0, "person", "people")} when it was scheduled. Who is on the lists then gets
              it; points and the phone are looked at then. To edit it, cancel the schedule.
            </>
          )}
          {!late && <PlanEndsBefore at={scheduledFor} />}
        </Text>
        <Group gap="xs">
          <ButtonForm intent="unschedule" fields={{ id }}>
            <SubmitButton intent="unschedule" size="xs" variant="default">
              {late ? "Back to draft" : "Cancel the schedule"}
            </SubmitButton>
          </ButtonForm>
          {late && <Text size="sm">Or start it now, or choose another time, below.</Text>}
        </Group>
      </Stack>
    </Alert>
  );
}

function PlanEndsBefore({ at }: { at: Date }) {
  const account = useAccount();
  if (!account?.user || account.plan.endsAt > at || account.plan.renewal.on) return null;
  return (
    <Text span display="block" mt="xs" fw={500}>
      Your plan {account.plan.active ? "ends before that" : "has ended"}: without a new one it will not start.{" "}
      <TextLink to="/billing/wallet">See the plan</TextLink>
    </Text>
  );
}

/** Of a campaign that started by itself: that it reached others than were counted when it was scheduled. */
export function StartedDifferently({ campaign }: { campaign: Campaign }) {
  const { recipientsConfirmed: then, recipientsAtStart: now } = campaign;
  if (then === null || now === null || then === now) return null;
  return (
    <Text size="sm" c="dimmed">
      {count(then, "person", "people")} when it was scheduled, {count(now, "person", "people")} when it started: the
      lists had changed.
    </Text>
  );
}
