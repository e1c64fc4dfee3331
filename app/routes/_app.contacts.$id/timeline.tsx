import { Timeline as Line, Paper, Stack, Text, Title } from "@mantine/core";
import {
  ChatBubbleIcon,
  CheckCircledIcon,
  CheckIcon,
  CircleBackslashIcon,
  FilePlusIcon,
  PaperPlaneIcon,
  PersonIcon,
  QuestionMarkCircledIcon,
  ResetIcon,
} from "@radix-ui/react-icons";
import { messageStatuses } from "#server/messages/rules.ts";
import { Pager } from "../../components/data-table.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { type Look, messageLooks } from "../../components/status-badge.tsx";
import { formatDay } from "../../lib/format.ts";
import { oneOf } from "../../lib/params.ts";
import { useTimeZone } from "../../lib/use-account.ts";
import type { Happening, TimelinePage } from "./load.ts";

const looks = {
  imported: { word: "Imported", color: "gray", icon: FilePlusIcon },
  added: { word: "Added", color: "gray", icon: PersonIcon },
  consent: { word: "Agreed", color: "teal", icon: CheckIcon },
  asked: { word: "Asked to confirm", color: "blue", icon: QuestionMarkCircledIcon },
  confirmed: { word: "Confirmed with YES", color: "green", icon: CheckCircledIcon },
  withdrawn: { word: "Consent withdrawn", color: "yellow", icon: CircleBackslashIcon },
  opted_out: { word: "Opted out", color: "red", icon: CircleBackslashIcon },
  opted_in: { word: "Opted in again", color: "green", icon: ResetIcon },
  message: { word: "Message", color: "blue", icon: PaperPlaneIcon },
  reply: { word: "They wrote", color: "teal", icon: ChatBubbleIcon },
} as const satisfies Record<Happening["kind"], Look>;

/** What happened with a person, newest first, day by day. */
export function Timeline({ page }: { page: TimelinePage }) {
  const tz = useTimeZone();
  const days = new Map<string, Happening[]>();
  for (const row of page.rows) {
    const day = formatDay(row.at, tz);
    days.set(day, [...(days.get(day) ?? []), row]);
  }
  return (
    <Paper component="section" aria-labelledby="timeline">
      <Stack gap="md">
        <Title order={2} id="timeline">
          What happened
        </Title>
        {[...days].map(([day, rows]) => (
          <Stack key={day} gap="sm">
            <Text size="sm" fw={600} c="dimmed" suppressHydrationWarning>
              {day}
            </Text>
            <Line active={rows.length} bulletSize={26} lineWidth={1}>
              {rows.map((row) => {
                const { word, color, icon: Sign } = looks[row.kind];
                return (
                  <Line.Item
                    key={`${row.kind} ${row.at.toISOString()} ${row.campaign?.id ?? row.text}`}
                    color={color}
                    bullet={<Sign width={13} height={13} aria-hidden />}
                    title={<Heading word={word} row={row} />}
                  >
                    {row.text && (
                      <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} lineClamp={6}>
                        {row.text}
                      </Text>
                    )}
                    <Text size="xs" c="dimmed">
                      <Moment at={row.at} />
                    </Text>
                  </Line.Item>
                );
              })}
            </Line>
          </Stack>
        ))}
        <Pager nextCursor={page.nextCursor} />
      </Stack>
    </Paper>
  );
}

function Heading({ word, row }: { word: string; row: Happening }) {
  const status = oneOf(row.status, messageStatuses);
  return (
    <Text fw={600} size="sm">
      {word}
      {row.import && (
        <>
          {" "}
          from <TextLink to={`/contacts/upload?import=${row.import.id}`}>{row.import.fileName}</TextLink>
        </>
      )}
      {row.campaign && (
        <>
          {" "}
          of <TextLink to={`/campaigns/${row.campaign.id}`}>{row.campaign.name}</TextLink>
        </>
      )}
      {status && `, ${messageLooks[status].word.toLowerCase()}`}
    </Text>
  );
}
