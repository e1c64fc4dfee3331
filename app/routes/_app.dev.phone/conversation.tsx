import { Anchor, Box, Button, Group, Image, Stack, Text, VisuallyHidden } from "@mantine/core";
import { CheckIcon, DownloadIcon } from "@radix-ui/react-icons";
import { Form, useNavigate, useSearchParams } from "@remix-run/react";
import { FilterSelect } from "../../components/filter-fields.tsx";
import { ButtonForm, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { PhoneFrame } from "../../components/phone-frame.tsx";
import { formatNumber } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import type { OpenChat } from "./load.ts";
import styles from "./phone.module.css";
import { nameOf } from "./phone-bar.tsx";
import { WriteForm } from "./write-form.tsx";

type Message = OpenChat["messages"][number];

const words = { sent: "Sent", delivered: "Delivered", read: "Read" };

/** One grey tick: sent; two grey: delivered; two blue: read. The word stands beside them, or is read aloud. */
export function Ticks({ status, short }: { status: Message["status"]; short?: boolean }) {
  const word = words[status];
  return (
    <span className={styles.ticks} data-read={status === "read" || undefined}>
      <CheckIcon aria-hidden />
      {status !== "sent" && <CheckIcon aria-hidden />}
      {short ? <VisuallyHidden>{word}: </VisuallyHidden> : word}
    </span>
  );
}

const kinds = { image: "Picture", document: "Document", video: "Video", audio: "Voice message", sticker: "Sticker" };

/** A message in a few words. */
export const glance = ({ text, media, revoked }: Pick<Message, "text" | "media" | "revoked">) =>
  (revoked && "This message was deleted") || text || (media ? (media.fileName ?? kinds[media.kind]) : "(not a text)");

/** One chat, on one of the phones that have it: whoever holds that phone writes. */
export function Conversation({
  phone,
  open,
  answer,
}: {
  phone: { phone: string; name: string | null };
  open: OpenChat;
  answer: Answer | undefined;
}) {
  const [search] = useSearchParams();
  const { holder, other, messages } = open;
  const nameBy = (number: string) => (number === phone.phone ? phone.name : (open.names[number] ?? null)) ?? number;
  const quoted = messages.find(({ id }) => id === search.get("reply"));
  const unread = messages.some((message) => !message.fromMe && message.status !== "read");
  return (
    <Stack gap="sm">
      <Holders phone={phone} open={open} />
      <Refused answer={answer} intents={["open_chat"]} />
      <PhoneFrame
        scrolls
        title={open.isGroup ? (open.name ?? other) : nameBy(other)}
        subtitle={`on the phone of ${nameBy(holder)}${open.isGroup ? ", a group" : ""}`}
        messages={messages.map((message) => ({
          id: message.id,
          fromMe: message.fromMe,
          text: message.revoked ? "This message was deleted." : message.text || null,
          above: <Above message={message} holder={holder} author={message.author ? nameBy(message.author) : null} />,
          note: <Note message={message} replyTo={withSearch(search, { reply: message.id })} />,
        }))}
        footer={
          <Stack gap="xs">
            {unread && (
              <ButtonForm intent="open_chat" fields={{ phone: holder, with: other }}>
                <SubmitButton intent="open_chat" variant="light" size="xs">
                  Read it: blue ticks go out
                </SubmitButton>
              </ButtonForm>
            )}
            <WriteForm
              key={`${holder} ${other}`}
              from={holder}
              to={other}
              name={nameBy(holder)}
              quoted={quoted && { id: quoted.id, glance: glance(quoted) }}
              answer={answer}
            />
          </Stack>
        }
      />
      {!open.isGroup && (
        <Text size="sm">
          <TextLink to={withSearch(search, { tab: "people" })}>Settings of {nameBy(open.with)}</TextLink>
        </Text>
      )}
    </Stack>
  );
}

/** On whose phone one looks at the chat; that person is the one who writes. */
function Holders({ phone, open }: { phone: { phone: string; name: string | null }; open: OpenChat }) {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const holders = open.holders.map((each) => (each.phone === phone.phone ? phone : each));
  const to = (as: string) => withSearch(search, { as, reply: null });
  if (!open.isGroup) {
    return (
      <Group component="nav" aria-label="Whose phone" gap="xs">
        <Text span size="sm">
          On the phone of
        </Text>
        {holders.map((each) => (
          <LinkButton
            key={each.phone}
            to={to(each.phone)}
            preventScrollReset
            size="xs"
            radius="xl"
            variant={each.phone === open.holder ? "filled" : "default"}
            aria-current={each.phone === open.holder ? "true" : undefined}
            aria-label={`On the phone of ${each.name ?? each.phone}`}
          >
            {each.name ?? each.phone}
          </LinkButton>
        ))}
      </Group>
    );
  }
  return (
    <Form method="get">
      {[...search].map(
        ([name, value]) => name !== "as" && <input key={name} type="hidden" name={name} value={value} />,
      )}
      <Group align="flex-end" gap="xs">
        <FilterSelect
          name="as"
          label="On the phone of"
          value={open.holder}
          onChoose={(value) => navigate(to(value), { preventScrollReset: true })}
          data={holders.map((each) => ({ value: each.phone, label: nameOf(each) }))}
          flex="1 1 12rem"
        />
        <noscript>
          <Button type="submit" variant="default">
            Show
          </Button>
        </noscript>
      </Group>
    </Form>
  );
}

function Above({ message, holder, author }: { message: Message; holder: string; author: string | null }) {
  const { media, quoted, text } = message;
  if (!author && !media && !quoted) return null;
  return (
    <>
      {author && !message.fromMe && (
        <Text size="sm" fw={650} className={styles.author}>
          {author}
        </Text>
      )}
      {quoted && (
        <Box className={styles.quote}>
          <VisuallyHidden>In reply to: </VisuallyHidden>
          <Text size="sm" lineClamp={3}>
            {quoted.text || "(not a text)"}
          </Text>
        </Box>
      )}
      {media && <Attached media={media} holder={holder} caption={text} />}
    </>
  );
}

function Attached({
  media,
  holder,
  caption,
}: {
  media: NonNullable<Message["media"]>;
  holder: string;
  caption: string | null;
}) {
  const address = `/dev/phone/${encodeURIComponent(holder)}/media/${media.sha256}`;
  const name = media.fileName ?? kinds[media.kind];
  if (media.kind === "image") {
    return (
      <Image src={address} alt={caption ? `Picture: ${caption}` : name} radius="sm" mah={260} fit="contain" mb={4} />
    );
  }
  return (
    <Anchor href={address} download={name} className={styles.file}>
      <DownloadIcon aria-hidden />
      <span>
        {name} ({formatNumber(Math.ceil(media.bytes / 1024))} kB)
      </span>
    </Anchor>
  );
}

function Note({ message, replyTo }: { message: Message; replyTo: string }) {
  return (
    <Group component="span" gap={6} mt={2}>
      <Moment at={message.at} seconds />
      {message.fromMe && <Ticks status={message.status} />}
      {message.edited && <span>Edited</span>}
      {message.reactions.length > 0 && <span>{message.reactions.map(({ emoji }) => emoji).join(" ")}</span>}
      {message.copies > 1 && <span>received {message.copies} times, shown once</span>}
      <TextLink to={replyTo} preventScrollReset c="inherit">
        Reply
        <VisuallyHidden> to {glance(message)}</VisuallyHidden>
      </TextLink>
    </Group>
  );
}
