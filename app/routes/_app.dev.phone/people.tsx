import { Badge, Box, Group, NavLink, Paper, ScrollArea, Stack, Text, Title } from "@mantine/core";
import { PersonIcon } from "@radix-ui/react-icons";
import { Link, useSearchParams } from "@remix-run/react";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ButtonForm, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Toggle } from "../../components/toggle.tsx";
import { count } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import type { Answer } from "../../lib/submit.server.ts";
import type { PeopleData } from "./load.ts";
import { readable } from "./phone-bar.tsx";

type Person = PeopleData["list"][number];

/** Everybody WhatsApp knows, whom this phone has chats with first, and how the phone of one of them behaves. */
export function People({ phone, people, answer }: { phone: string; people: PeopleData; answer: Answer | undefined }) {
  const [search] = useSearchParams();
  const { list, person } = people;
  if (list.length === 0 && !person) {
    return (
      <EmptyState
        icon={PersonIcon}
        title="Nobody yet"
        action={<LinkButton to={withSearch(search, { tab: "chats", chat: "new" })}>New chat</LinkButton>}
      >
        People appear here when somebody writes to them, or when they write.
      </EmptyState>
    );
  }
  return (
    <Group align="flex-start" gap="lg">
      <Box flex="1 1 16rem" maw={{ base: "100%", md: 360 }} miw={0} visibleFrom={person ? "md" : undefined}>
        <Stack gap="sm">
          <Title order={2}>{count(list.length, "person", "people")}</Title>
          <Paper p={0} component="nav" aria-label="People">
            <ScrollArea.Autosize mah="36rem">
              {list.map((each) => (
                <NavLink
                  key={each.phone}
                  component={Link}
                  styles={readable}
                  to={withSearch(search, { phone, chat: each.phone, as: null, reply: null })}
                  preventScrollReset
                  active={each.phone === person?.phone}
                  aria-current={each.phone === person?.phone ? "true" : undefined}
                  label={each.name ?? each.phone}
                  description={[...(each.name ? [each.phone] : []), ...oddities(each)].join(", ") || undefined}
                />
              ))}
            </ScrollArea.Autosize>
          </Paper>
        </Stack>
      </Box>
      <Box flex="2 1 20rem" maw={640} miw={0} w="100%">
        {person && (
          <LinkButton
            to={withSearch(search, { chat: null })}
            variant="subtle"
            size="compact-sm"
            mb="xs"
            hiddenFrom="md"
          >
            All people
          </LinkButton>
        )}
        {person ? (
          <Settings phone={phone} person={person} answer={answer} />
        ) : (
          <Text c="dimmed">Choose somebody to see how their phone behaves.</Text>
        )}
      </Box>
    </Group>
  );
}

/** What is not as with most people. */
function oddities(person: Person): string[] {
  return [
    ...(person.onWhatsApp ? [] : ["not on WhatsApp"]),
    ...(person.online ? [] : ["phone is off"]),
    ...(person.readReceipts ? [] : ["no read receipts"]),
    ...(person.addressing === "lid" ? ["hidden identity"] : []),
  ];
}

function Settings({ phone, person, answer }: { phone: string; person: Person; answer: Answer | undefined }) {
  const [search] = useSearchParams();
  const fields = (setting: string) => ({ phone: person.phone, setting });
  return (
    <Paper>
      <Stack gap="lg">
        <Group justify="space-between" align="flex-start">
          <Stack gap={2}>
            <Title order={2}>{person.name ?? person.phone}</Title>
            {person.name && <Text c="dimmed">{person.phone}</Text>}
          </Stack>
          {person.generation > 0 && (
            <Badge variant="light" color="gray" tt="none" radius="sm">
              Installed anew {count(person.generation, "time")}
            </Badge>
          )}
        </Group>
        <Refused answer={answer} intents={["person", "open_chat", "reinstall"]} />
        <Toggle intent="person" fields={fields("onWhatsApp")} on={person.onWhatsApp} label="On WhatsApp">
          Off: the number is not registered, so nothing can be sent to it.
        </Toggle>
        <Toggle intent="person" fields={fields("readReceipts")} on={person.readReceipts} label="Read receipts">
          Off: ticks stay grey, whatever this person reads.
        </Toggle>
        <Toggle intent="person" fields={fields("online")} on={person.online} label="Phone is on">
          Off: messages wait at WhatsApp with one tick, and arrive when the phone is on again.
        </Toggle>
        <Toggle
          intent="person"
          fields={fields("hidden")}
          on={person.addressing === "lid"}
          label="Answers from the hidden identity (LID)"
        >
          On: messages and receipts come from an id that does not show the number.
        </Toggle>
        <Group gap="sm">
          <ButtonForm intent="open_chat" fields={{ phone: person.phone, with: phone }}>
            <SubmitButton intent="open_chat" variant="light">
              Open the chat: all is read
            </SubmitButton>
          </ButtonForm>
          <LinkButton to={withSearch(search, { tab: "chats", as: person.phone })} variant="default">
            Write as this person
          </LinkButton>
          <ConfirmButton
            intent="reinstall"
            fields={{ phone: person.phone }}
            label="Install anew"
            title={`Install WhatsApp anew for ${person.name ?? person.phone}?`}
            confirm="Install anew"
          >
            The phone gets new identity keys, as after a loss. The next message to it has to be encrypted for the new
            ones.
          </ConfirmButton>
        </Group>
      </Stack>
    </Paper>
  );
}
