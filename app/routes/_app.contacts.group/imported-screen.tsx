import { Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { ChatBubbleIcon, Pencil2Icon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { Figure } from "../../components/figure.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { formatNumber } from "../../lib/format.ts";
import { Frame } from "./frame.tsx";
import { groupsOf, type ImportedView } from "./load.ts";

/** The list that was made, and the two ways on from here. */
export function ImportedScreen({ loaded: { list, session } }: { loaded: ImportedView }) {
  return (
    <Frame
      warn={false}
      actions={
        session && (
          <LinkButton to={groupsOf(session.id)} variant="default">
            Another group
          </LinkButton>
        )
      }
    >
      <Paper component="section" aria-labelledby="made">
        <Stack>
          <Title order={2} id="made" style={{ overflowWrap: "anywhere" }}>
            The list “{list.name}”
          </Title>
          <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }} m={0}>
            <Figure label="People on it">{formatNumber(list.total)}</Figure>
            <Figure label="Without consent">{formatNumber(list.noConsent)}</Figure>
            <Figure label="Can be messaged">{formatNumber(list.sendable)}</Figure>
            <Figure label="Hidden numbers" note="not on the list">
              {formatNumber(list.hiddenMembers)}
            </Figure>
          </SimpleGrid>
        </Stack>
      </Paper>
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: "stretch" }}>
        <NextStep
          title="To each person"
          text="Only those who agreed get your messages. Choose them on the list and note how they agreed: it is kept as evidence."
        >
          <LinkButton to={`/contacts?list=${list.id}&state=no_consent`} leftSection={<Pencil2Icon aria-hidden />}>
            Give evidence of consent
          </LinkButton>
        </NextStep>
        <NextStep
          title="To the group"
          text="One message in the group's chat, read by everybody in it, those with a hidden number too."
        >
          <LinkButton
            to={`/campaigns/new?list=${list.id}`}
            variant="default"
            leftSection={<ChatBubbleIcon aria-hidden />}
          >
            Write one message to the group's own chat
          </LinkButton>
        </NextStep>
      </SimpleGrid>
    </Frame>
  );
}

function NextStep({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <Paper component="section" aria-label={title}>
      <Stack h="100%" justify="space-between">
        <Stack gap={4}>
          <Title order={2}>{title}</Title>
          <Text c="dimmed">{text}</Text>
        </Stack>
        <Group>{children}</Group>
      </Stack>
    </Paper>
  );
}
