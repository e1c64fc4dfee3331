import { Box, Group, Text, VisuallyHidden } from "@mantine/core";
import {
  ChatBubbleIcon,
  CircleBackslashIcon,
  FileTextIcon,
  ImageIcon,
  QuestionMarkCircledIcon,
  SewingPinIcon,
  SpeakerLoudIcon,
  VideoIcon,
} from "@radix-ui/react-icons";
import { TEXT_DAYS } from "#server/campaigns/results/rules.ts";
import { contentWords } from "#server/inbox/rules.ts";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import type { Icon } from "../../components/icon.ts";
import { TextLink } from "../../components/link-button.tsx";
import { MediaBubble } from "../../components/media-look.tsx";
import { MessageText } from "../../components/message-text.tsx";
import { Moment } from "../../components/moment.tsx";
import { type Look, messageLooks, StatusBadge } from "../../components/status-badge.tsx";
import { formatMoment } from "../../lib/format.ts";
import { useTimeZone } from "../../lib/use-account.ts";
import { clock } from "../_app.inbox/short-moment.tsx";
import type { Conversation, Message, OurMessage, TheirMessage } from "./load.ts";
import styles from "./talk.module.css";

const optsOut: Look = { word: "Opted out with this", color: "red", icon: CircleBackslashIcon };

const contentIcons = {
  text: ChatBubbleIcon,
  picture: ImageIcon,
  video: VideoIcon,
  audio: SpeakerLoudIcon,
  document: FileTextIcon,
  sticker: ImageIcon,
  location: SewingPinIcon,
  contact: FileTextIcon,
  other: QuestionMarkCircledIcon,
} as const satisfies Record<TheirMessage["content"], Icon>;

/** One message, with who wrote it, why, and what became of it. */
export function Bubble({
  message,
  name,
  composer,
}: {
  message: Message;
  name: string;
  composer: Conversation["composer"];
}) {
  return (
    <Box className={styles.bubble}>
      <Group component="header" gap={6} fz="xs" c="dimmed" wrap="wrap">
        {message.from === "them" ? <FromThem message={message} name={name} /> : <FromUs message={message} />}
      </Group>
      {message.from === "them" && message.content !== "text" && <Content kind={message.content} />}
      {message.from === "us" && message.file && <File file={message.file} />}
      <Said message={message} />
      <Group component="footer" gap={8} fz="xs" c="dimmed" justify={message.from === "us" ? "flex-end" : "flex-start"}>
        <Clock at={message.at} />
        {message.from === "us" && <Fate message={message} composer={composer} />}
      </Group>
      {message.from === "us" && message.reason && (
        <Text size="xs" mt={2}>
          {message.reason}
        </Text>
      )}
      {message.from === "us" && message.again && composer.problem === null && (
        <ButtonForm intent="again" fields={{ id: message.id }}>
          <SubmitButton intent="again" id={message.id} variant="default" size="compact-xs" mt={4}>
            Try again
          </SubmitButton>
        </ButtonForm>
      )}
    </Box>
  );
}

function FromThem({ message, name }: { message: TheirMessage; name: string }) {
  return (
    <>
      <VisuallyHidden>{name} wrote</VisuallyHidden>
      {message.campaign && (
        <span>
          Reply to <TextLink to={`/campaigns/${message.campaign.id}`}>{message.campaign.name}</TextLink>
        </span>
      )}
      {message.optsOut && <StatusBadge look={optsOut} size="sm" />}
    </>
  );
}

function FromUs({ message: { kind, campaign, rule } }: { message: OurMessage }) {
  switch (kind) {
    case "campaign":
      return <span>Campaign {campaign && <TextLink to={`/campaigns/${campaign.id}`}>{campaign.name}</TextLink>}</span>;
    case "auto_reply":
      return (
        <span>
          Automatic answer,{" "}
          {rule?.name ? <TextLink to="/automation/rules">{rule.name}</TextLink> : "by a rule that is gone"}
        </span>
      );
    case "opt_out":
      return <span>Their opt-out, confirmed</span>;
    case "manual":
    case "test":
      return <VisuallyHidden>You wrote</VisuallyHidden>;
  }
}

function Content({ kind }: { kind: TheirMessage["content"] }) {
  const Sign = contentIcons[kind];
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Sign aria-hidden style={{ flex: "none", marginTop: 4 }} />
      <Text span>{contentWords[kind]}: open it on the phone</Text>
    </Group>
  );
}

function File({ file }: { file: NonNullable<OurMessage["file"]> }) {
  if (!file.removed) return <MediaBubble media={file} />;
  return (
    <Text size="sm" fs="italic">
      {file.fileName}, which is not kept any more
    </Text>
  );
}

function Said({ message: { text, wiped } }: { message: Message }) {
  if (text) return <MessageText text={text} />;
  if (!wiped) return null;
  return (
    <Text size="sm" c="dimmed" fs="italic">
      The text was wiped after {TEXT_DAYS} days.
    </Text>
  );
}

function Clock({ at }: { at: Date }) {
  const tz = useTimeZone();
  return (
    <time dateTime={at.toISOString()} title={formatMoment(at, tz)}>
      {clock(at, tz)}
    </time>
  );
}

/** What became of a message of ours, and until when it waits; what waits and was written by hand can be taken back. */
function Fate({ message, composer }: { message: OurMessage; composer: Conversation["composer"] }) {
  const waits = message.status === "queued";
  return (
    <>
      <StatusBadge look={messageLooks[message.status]} variant="transparent" size="sm" px={0} />
      {waits && composer.waitsUntil && (
        <span>
          waits until <Moment at={composer.waitsUntil} />
        </span>
      )}
      {waits && !composer.waitsUntil && composer.offline && <span>waits for the phone to be connected</span>}
      {waits && message.kind === "manual" && (
        <ButtonForm intent="withdraw" fields={{ id: message.id }}>
          <SubmitButton intent="withdraw" id={message.id} variant="default" size="compact-xs">
            Take it back
          </SubmitButton>
        </ButtonForm>
      )}
    </>
  );
}
