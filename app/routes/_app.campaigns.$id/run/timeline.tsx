import { Alert, Anchor, Drawer, Group, Paper, Stack, Text, Timeline, Title } from "@mantine/core";
import {
  ChatBubbleIcon,
  CheckCircledIcon,
  CheckIcon,
  CircleBackslashIcon,
  ClockIcon,
  CrossCircledIcon,
  EyeOpenIcon,
  PaperPlaneIcon,
  ReloadIcon,
} from "@radix-ui/react-icons";
import { Link, useNavigate, useSearchParams } from "@remix-run/react";
import type { Id } from "#db/ids.ts";
import { ConfirmButton } from "../../../components/confirm-button.tsx";
import { ButtonForm, SubmitButton } from "../../../components/form-parts.tsx";
import type { Icon } from "../../../components/icon.ts";
import { TextLink } from "../../../components/link-button.tsx";
import { Moment } from "../../../components/moment.tsx";
import { messageLooks, StatusBadge } from "../../../components/status-badge.tsx";
import { count } from "../../../lib/format.ts";
import { withSearch } from "../../../lib/params.ts";
import type { Answer } from "../../../lib/submit.server.ts";
import type { MessageTimeline } from "../load.ts";
import { RefusedHere } from "../refused-here.tsx";
import { PLACE } from "./timeline-address.ts";

type Step = MessageTimeline["moments"][number];

const looks = {
  queued: { word: "Planned and queued", icon: ClockIcon },
  handed_over: { word: "Handed to WhatsApp", icon: PaperPlaneIcon },
  sent: { word: "Accepted by WhatsApp", icon: CheckIcon },
  delivered: { word: "Delivered to the phone", icon: CheckCircledIcon },
  read: { word: "Read", icon: EyeOpenIcon },
  ended: { word: "Ended", icon: CrossCircledIcon },
  retried: { word: "Tried again by you", icon: ReloadIcon },
  repeated: { word: "Handed over again by you", icon: ReloadIcon },
  given_up: { word: "Taken for failed by you", icon: CircleBackslashIcon },
  reply: { word: "Answered", icon: ChatBubbleIcon },
  opted_out: { word: "Asked for no more messages", icon: CircleBackslashIcon },
  opted_in: { word: "Wants messages again", icon: CheckIcon },
} as const satisfies Record<Step["kind"], { word: string; icon: Icon }>;

const wordOf = (step: Step, { status }: MessageTimeline): string =>
  step.kind === "ended" ? messageLooks[status].word : looks[step.kind].word;

/** The life of one recipient's message, beside the table. It is in the address, so it can be opened, closed and sent as a link. */
export function TimelineDrawer({
  timeline,
  ...props
}: {
  campaignId: Id<"campaign">;
  timeline: MessageTimeline | null;
  answer: Answer | undefined;
}) {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const without = withSearch(search, { row: null });
  const close = () => navigate(without, { preventScrollReset: true });
  const name = timeline?.name || timeline?.phone;
  return (
    <>
      <noscript>
        {timeline && (
          <Paper component="section" aria-labelledby={PLACE}>
            <Group justify="space-between" mb="md">
              <Title order={2} id={PLACE}>
                {name}
              </Title>
              <TextLink to={without}>Close the timeline</TextLink>
            </Group>
            <Life {...props} timeline={timeline} />
          </Paper>
        )}
      </noscript>
      <Drawer.Root opened={timeline !== null} onClose={close} position="right" size="md">
        <Drawer.Overlay />
        <Drawer.Content>
          {/* Not Mantine's own header: inside of a dialog it counts as a second banner of the page. */}
          <Group justify="space-between" p="md" wrap="nowrap">
            <Drawer.Title fw={650} fz="xl">
              {name}
            </Drawer.Title>
            <Drawer.CloseButton aria-label="Close the timeline" />
          </Group>
          <Drawer.Body>{timeline && <Life {...props} timeline={timeline} />}</Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
    </>
  );
}

function Life({
  campaignId,
  timeline,
  answer,
}: {
  campaignId: Id<"campaign">;
  timeline: MessageTimeline;
  answer: Answer | undefined;
}) {
  const { moments, canDo } = timeline;
  return (
    <Stack gap="lg">
      <Group gap="sm">
        <StatusBadge look={messageLooks[timeline.status]} />
        {timeline.contactId ? (
          <Anchor component={Link} to={`/contacts/${timeline.contactId}`} underline="always">
            {timeline.phone}
          </Anchor>
        ) : (
          <Text>{timeline.phone}</Text>
        )}
        <Text c="dimmed" size="sm">
          {count(timeline.points, "point")}
        </Text>
      </Group>
      {timeline.reason && <Alert color="yellow">{timeline.reason}</Alert>}
      {timeline.nextTryAt && (
        <Text size="sm">
          The connection failed {count(timeline.connectionFailures, "time")} before anything was sent. It is tried again{" "}
          <Moment at={timeline.nextTryAt} seconds />.
        </Text>
      )}
      <RefusedHere campaignId={campaignId} answer={answer} />
      <Actions campaignId={campaignId} timeline={timeline} />
      {canDo.why && (
        <Text size="sm">
          It cannot be sent again: <b>{canDo.why}</b>
        </Text>
      )}
      <div>
        <Text size="sm" c="dimmed">
          {timeline.hasMedia ? "The file, with this text" : "The text"}
        </Text>
        <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {timeline.text ?? "Nothing was written to them, or it is not kept any more."}
        </Text>
      </div>
      <Timeline bulletSize={26} lineWidth={2} active={moments.length}>
        {moments.map((step) => {
          const Sign = looks[step.kind].icon;
          return (
            <Timeline.Item
              key={`${step.kind} ${step.at.toISOString()}`}
              bullet={<Sign aria-hidden width={13} height={13} />}
              title={wordOf(step, timeline)}
            >
              <Text size="sm">
                <Moment at={step.at} seconds />
              </Text>
              {step.kind === "handed_over" && timeline.submissions > 1 && (
                <Text size="sm" c="dimmed">
                  {timeline.submissions} times under the same id; it shows once.
                </Text>
              )}
              {step.note && step.kind !== "ended" && (
                <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                  {noteOf(step)}
                </Text>
              )}
            </Timeline.Item>
          );
        })}
      </Timeline>
    </Stack>
  );
}

/** What was answered is in their words; a decision names what was known when it was taken. */
const noteOf = ({ kind, note }: Step) => (kind === "reply" ? `“${note}”` : `Before: ${note}`);

function Actions({ campaignId, timeline }: { campaignId: string; timeline: MessageTimeline }) {
  const { canDo, id: messageId, name } = timeline;
  if (!canDo.retry && !canDo.repeat && !canDo.giveUp) return null;
  const fields = { id: campaignId, messageId };
  return (
    <Group gap="xs">
      {canDo.retry && (
        <ButtonForm intent="retryFailed" fields={fields}>
          <SubmitButton intent="retryFailed" size="xs" leftSection={<ReloadIcon aria-hidden />}>
            Try again
          </SubmitButton>
        </ButtonForm>
      )}
      {canDo.repeat && (
        <ButtonForm intent="repeatUnknown" fields={fields}>
          <SubmitButton intent="repeatUnknown" size="xs" leftSection={<ReloadIcon aria-hidden />}>
            Retry safely
          </SubmitButton>
        </ButtonForm>
      )}
      {canDo.giveUp && (
        <ConfirmButton
          intent="treatAsFailed"
          fields={fields}
          size="xs"
          label="Treat as failed"
          title={`Treat the message to ${name} as failed?`}
          confirm="Treat as failed"
        >
          It is never sent again, and its points are free. If it arrived after all, WhatsApp may still say so.
        </ConfirmButton>
      )}
    </Group>
  );
}
