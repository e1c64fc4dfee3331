import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { CircleBackslashIcon } from "@radix-ui/react-icons";
import { ANSWER_DAYS, TEXT_DAYS } from "#server/campaigns/results/rules.ts";
import { Pager } from "../../../components/data-table.tsx";
import { TextLink } from "../../../components/link-button.tsx";
import { Moment } from "../../../components/moment.tsx";
import { type Look, StatusBadge } from "../../../components/status-badge.tsx";
import { type CampaignResults, REPLIES_CURSOR } from "./load.ts";

type RepliesPage = CampaignResults["replies"];

const optedOut: Look = { word: "Opted out", color: "red", icon: CircleBackslashIcon };

/** What people answered, newest first. */
export function Replies({ page: { rows, nextCursor } }: { page: RepliesPage }) {
  return (
    <Paper component="section" aria-labelledby="replies-title">
      <Stack gap="md">
        <Stack gap={4}>
          <Title order={2} id="replies-title">
            Replies
          </Title>
          <Text size="sm" c="dimmed">
            What somebody writes within {ANSWER_DAYS} days counts for the last campaign that reached them. Texts are
            wiped after {TEXT_DAYS} days; that somebody answered stays, until you remove them.
          </Text>
        </Stack>
        {rows.length === 0 ? (
          <Text c="dimmed">Nobody has written back.</Text>
        ) : (
          <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: "none" }}>
            {rows.map((reply) => (
              <li key={reply.id}>
                <Group gap="xs">
                  <TextLink to={`/contacts/${reply.contactId}`} fw={600} style={{ overflowWrap: "anywhere" }}>
                    {reply.name}
                  </TextLink>
                  {reply.optedOut && <StatusBadge look={optedOut} />}
                  <Text size="sm" c="dimmed" component="span">
                    <Moment at={reply.at} />
                  </Text>
                </Group>
                <Said reply={reply} />
              </li>
            ))}
          </Stack>
        )}
        <Pager nextCursor={nextCursor} param={REPLIES_CURSOR} />
      </Stack>
    </Paper>
  );
}

function Said({ reply: { text, wiped } }: { reply: RepliesPage["rows"][number] }) {
  if (text !== null) return <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</Text>;
  return (
    <Text size="sm" c="dimmed" fs="italic">
      {wiped ? "The text was wiped." : "No text, such as a picture or a voice message."}
    </Text>
  );
}
