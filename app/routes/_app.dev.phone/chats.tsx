import { getFormProps } from "@conform-to/react";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { Form, Link, useSearchParams } from "@remix-run/react";
import { writeInput } from "#server/dev-phone/schema.ts";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { Moment } from "../../components/moment.tsx";
import { PhoneFrame } from "../../components/phone-frame.tsx";
import { count } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { PhoneData } from "./load.ts";

/** Whom the phone has chats with, and one of these people's phones, from which they can write back. */
export function Chats({
  phone,
  chats,
  open,
  answer,
}: Pick<PhoneData, "chats" | "open"> & { phone: string; answer: Answer | undefined }) {
  const [search] = useSearchParams();
  if (!open) {
    return <Text c="dimmed">Nobody has got a message from {phone} yet. Start a campaign and look again.</Text>;
  }
  return (
    <Group align="flex-start" gap="lg">
      <Stack gap="xs" flex="1 1 12rem" component="nav" aria-label="Chats">
        <Title order={2}>{count(chats.length, "chat")}</Title>
        {chats.map((chat) => (
          <Button
            key={chat.with}
            component={Link}
            to={withSearch(search, { phone, chat: chat.with })}
            preventScrollReset
            variant={chat.with === open.with ? "light" : "default"}
            aria-current={chat.with === open.with ? "true" : undefined}
            justify="space-between"
            rightSection={chat.count}
            size="sm"
          >
            {chat.name ?? chat.with}
          </Button>
        ))}
      </Stack>
      <Stack flex="2 1 18rem" maw={420} gap="sm">
        <Title order={2}>{open.name ?? open.with} sees this</Title>
        <PhoneFrame
          title={phone}
          subtitle={`on the phone of ${open.with}`}
          messages={open.messages.map((message) => ({
            id: message.id,
            fromMe: message.fromMe,
            text: message.text,
            note: (
              <>
                <Moment at={message.at} seconds />
                {message.copies > 1 && `, received ${message.copies} times, shown once`}
              </>
            ),
          }))}
          footer={<WriteBack key={open.with} from={open.with} to={phone} answer={answer} />}
        />
      </Stack>
    </Group>
  );
}

function WriteBack({ from, to, answer }: { from: string; to: string; answer: Answer | undefined }) {
  const [write, fields] = useZodForm({ schema: writeInput, intent: "write", answer });
  return (
    <Form method="post" preventScrollReset {...getFormProps(write)}>
      <Intent name="write" />
      <input type="hidden" name={fields.from.name} value={from} />
      <input type="hidden" name={fields.to.name} value={to} />
      <Stack gap="xs">
        <FormError errors={write.errors} />
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextField meta={fields.text} label="Write back as this person" placeholder="STOP" style={{ flex: 1 }} />
          <SubmitButton intent="write">Send</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}
