import { getFormProps } from "@conform-to/react";
import { Badge, Box, Group, NavLink, Paper, ScrollArea, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { ChatBubbleIcon, PlusIcon } from "@radix-ui/react-icons";
import { Form, Link, useSearchParams } from "@remix-run/react";
import { newChatInput } from "#server/dev-phone/schema.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { Conversation, glance, Ticks } from "./conversation.tsx";
import type { AccountData, ChatsData } from "./load.ts";
import { readable } from "./phone-bar.tsx";

type Phone = Pick<AccountData, "phone" | "name">;

/** The chats of a phone as the phone lists them, and the open one. On a small screen one sees the list or the chat. */
export function Chats({ phone, chats, answer }: { phone: Phone; chats: ChatsData; answer: Answer | undefined }) {
  const [search] = useSearchParams();
  const { list, open } = chats;
  const writing = search.get("chat") === "new";
  const busy = Boolean(open) || writing;
  const start = (
    <LinkButton
      to={withSearch(search, { chat: "new", as: null, reply: null })}
      variant="default"
      size="sm"
      leftSection={<PlusIcon aria-hidden />}
      preventScrollReset
    >
      New chat
    </LinkButton>
  );
  if (list.length === 0 && !busy) {
    return (
      <EmptyState icon={ChatBubbleIcon} title="No chats yet" action={start}>
        Nobody has got a message from this phone, and nobody wrote to it. Start a campaign and look again, or write as
        somebody.
      </EmptyState>
    );
  }
  return (
    <Group align="flex-start" gap="lg">
      <Box flex="1 1 16rem" maw={{ base: "100%", md: 360 }} miw={0} visibleFrom={busy ? "md" : undefined}>
        <Stack gap="sm">
          <Group justify="space-between">
            <Title order={2}>Chats</Title>
            {start}
          </Group>
          <ChatList phone={phone.phone} list={list} />
        </Stack>
      </Box>
      <Box flex="2 1 20rem" maw={560} miw={0} w="100%">
        {busy && (
          <LinkButton
            to={withSearch(search, { chat: null, as: null, reply: null })}
            variant="subtle"
            size="compact-sm"
            mb="xs"
            hiddenFrom="md"
          >
            All chats
          </LinkButton>
        )}
        {writing && <NewChat phone={phone.phone} answer={answer} />}
        {open && <Conversation phone={phone} open={open} answer={answer} />}
        {!busy && <Text c="dimmed">Choose a chat to see it.</Text>}
      </Box>
    </Group>
  );
}

function ChatList({ phone, list }: { phone: string; list: ChatsData["list"] }) {
  const [search] = useSearchParams();
  return (
    <Paper p={0} component="nav" aria-label="Chats">
      {/* Else it is as wide as the longest message, and nothing is cut short. */}
      <ScrollArea.Autosize mah="36rem" scrollbars="y" styles={{ content: { minWidth: 0 } }}>
        {list.map((chat) => {
          const here = search.get("chat") === chat.with;
          return (
            <NavLink
              key={chat.with}
              component={Link}
              styles={readable}
              to={withSearch(search, { phone, tab: "chats", chat: chat.with, as: null, reply: null })}
              preventScrollReset
              active={here}
              aria-current={here ? "true" : undefined}
              label={
                <Group justify="space-between" wrap="nowrap" gap="xs">
                  <Text span fw={600} truncate>
                    {chat.name ?? chat.with}
                  </Text>
                  {chat.unread > 0 && (
                    <Badge circle={chat.unread < 10} size="sm">
                      {chat.unread}
                      <VisuallyHidden> unread</VisuallyHidden>
                    </Badge>
                  )}
                </Group>
              }
              description={chat.last && <LastMessage last={chat.last} />}
            />
          );
        })}
      </ScrollArea.Autosize>
    </Paper>
  );
}

function LastMessage({ last }: { last: NonNullable<ChatsData["list"][number]["last"]> }) {
  return (
    <>
      <Group component="span" gap={4} wrap="nowrap">
        {last.fromMe && <Ticks status={last.status} short />}
        <Text span size="sm" truncate>
          {glance(last)}
        </Text>
      </Group>
      <Moment at={last.at} />
    </>
  );
}

/** A chat with a number that this phone has none with yet; anybody may write first. */
function NewChat({ phone, answer }: { phone: string; answer: Answer | undefined }) {
  const [chat, fields] = useZodForm({ schema: newChatInput, intent: "new_chat", answer, defaultValue: { phone } });
  return (
    <Paper>
      <Form method="post" {...getFormProps(chat)}>
        <Intent name="new_chat" />
        <input type="hidden" name={fields.phone.name} value={phone} />
        <Stack>
          <Title order={2}>New chat</Title>
          <FormError errors={chat.errors} />
          <TextField meta={fields.with} type="tel" label="Number of the other person" placeholder="+6281200000001" />
          <TextField meta={fields.name} label="Their name (optional)" />
          <Group>
            <SubmitButton intent="new_chat">Open the chat</SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}
