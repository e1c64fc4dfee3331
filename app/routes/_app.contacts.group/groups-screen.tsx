import { getFormProps } from "@conform-to/react";
import { Button, Group, Paper, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { ChatBubbleIcon, MagnifyingGlassIcon, ReloadIcon } from "@radix-ui/react-icons";
import { Form, Link } from "@remix-run/react";
import { openByLinkInput } from "#server/groups/schema.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { TextField } from "../../components/field.tsx";
import { ButtonForm, FormError, Intent, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { Moment } from "../../components/moment.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { Asking, Failed, Frame } from "./frame.tsx";
import { GroupTable } from "./group-table.tsx";
import { type GroupsView, groupsOf } from "./load.ts";

const RELOAD_MS = 3_000;

/** The groups of one phone: asked for, searched by name, or found by an invite link. */
export function GroupsScreen({ loaded, answer }: { loaded: GroupsView; answer: Answer | undefined }) {
  const { session, told } = loaded;
  useReloadEvery(RELOAD_MS, told.state === "asking");
  const byLink = <ByLink key={session.id} sessionId={session.id} answer={answer} />;
  return (
    <Frame>
      <Refused answer={answer} intents={["refresh", "open"]} />
      <Phones loaded={loaded} />
      {told.at && (
        <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: "start" }}>
          <Search loaded={loaded} />
          {byLink}
        </SimpleGrid>
      )}
      <Stack gap="sm" component="section" aria-labelledby="groups">
        <Group justify="space-between" gap="sm">
          <Title order={2} id="groups">
            Groups of {session.phone}
          </Title>
          {told.at && told.state !== "asking" && (
            <Refresh sessionId={session.id} label="Ask again" variant="default" size="sm" />
          )}
        </Group>
        {told.state === "asking" && (
          <Asking again={groupsOf(session.id)}>WhatsApp is being asked which groups this phone is in.</Asking>
        )}
        {told.state === "failed" && (
          <Failed why={told.why}>
            <Refresh sessionId={session.id} label="Try again" variant="default" />
          </Failed>
        )}
        {told.at === null && told.state !== "asking" && told.state !== "failed" && (
          <EmptyState
            icon={ChatBubbleIcon}
            title="Not asked yet"
            action={<Refresh sessionId={session.id} label="Ask WhatsApp for its groups" />}
          >
            WhatsApp tells a linked device which groups its phone is in. What it answers is kept for an hour.
          </EmptyState>
        )}
        {told.at && (
          <>
            <GroupTable loaded={loaded} />
            <Text size="sm" c="dimmed">
              As WhatsApp told it, <Moment at={told.at} />. Forgotten after an hour.
            </Text>
          </>
        )}
      </Stack>
      {told.at === null && byLink}
    </Frame>
  );
}

function Phones({ loaded: { sessions, session } }: { loaded: GroupsView }) {
  if (sessions.length < 2) return null;
  return (
    <Group component="nav" aria-label="Phone whose groups are shown" gap="xs">
      {sessions.map(({ id, phone, pushName }) => (
        <Button
          key={id}
          component={Link}
          to={groupsOf(id)}
          preventScrollReset
          size="sm"
          radius="xl"
          variant={id === session.id ? "filled" : "default"}
          aria-current={id === session.id ? "true" : undefined}
        >
          {pushName ? `${phone} (${pushName})` : phone}
        </Button>
      ))}
    </Group>
  );
}

function Refresh({
  sessionId,
  label,
  ...props
}: {
  sessionId: string;
  label: string;
  variant?: "default";
  size?: "sm";
}) {
  return (
    <ButtonForm intent="refresh" fields={{ sessionId }} action={groupsOf(sessionId)}>
      <SubmitButton intent="refresh" leftSection={<ReloadIcon aria-hidden />} {...props}>
        {label}
      </SubmitButton>
    </ButtonForm>
  );
}

function Search({ loaded: { session, search } }: { loaded: GroupsView }) {
  return (
    <Paper>
      <Form method="get" role="search" preventScrollReset>
        <input type="hidden" name="session" value={session.id} />
        <Group align="flex-end" gap="sm">
          <TextInput
            key={search}
            name="search"
            type="search"
            label="Search by name"
            defaultValue={search}
            leftSection={<MagnifyingGlassIcon aria-hidden />}
            style={{ flex: "1 1 12rem" }}
          />
          <Button type="submit" variant="default">
            Search
          </Button>
        </Group>
      </Form>
    </Paper>
  );
}

function ByLink({ sessionId, answer }: { sessionId: string; answer: Answer | undefined }) {
  const [form, fields] = useZodForm({
    schema: openByLinkInput,
    intent: "open_link",
    answer,
    defaultValue: { sessionId },
  });
  return (
    <Paper>
      <Form method="post" action={groupsOf(sessionId)} {...getFormProps(form)}>
        <Intent name="open_link" />
        <input type="hidden" name={fields.sessionId.name} value={sessionId} />
        <Stack gap="xs">
          <FormError errors={form.errors} />
          <Group align="flex-start" gap="sm">
            <TextField
              meta={fields.inviteLink}
              label="Or look up an invite link"
              inputWrapperOrder={["label", "input", "description", "error"]}
              description="Of a group this phone is in already. Nobody joins anything."
              placeholder="https://chat.whatsapp.com/…"
              style={{ flex: "1 1 12rem" }}
            />
            <SubmitButton intent="open_link" variant="default" mt={25}>
              Look up
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}
