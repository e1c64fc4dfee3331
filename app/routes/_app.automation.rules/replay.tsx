import { Box, Text } from "@mantine/core";
import type { Api } from "#server/route-api.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Moment } from "../../components/moment.tsx";
import { count } from "../../lib/format.ts";

type Replayed = Awaited<ReturnType<Api["rules"]["replay"]>>[number];

const columns: Column<Replayed>[] = [
  { header: "When", cell: ({ at }) => <Moment at={at} /> },
  {
    header: "Message",
    wide: true,
    cell: ({ from, text }) => (
      <>
        <Text span size="xs" c="dimmed" display="block">
          {from}
        </Text>
        <Text span size="sm" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
          {text}
        </Text>
      </>
    ),
  },
  {
    header: "Answer",
    wide: true,
    cell: ({ answers, why }) =>
      answers.length === 0 ? (
        <Text span size="sm" c="dimmed">
          {why}
        </Text>
      ) : (
        answers.map(({ ruleId, name, text }) => (
          <Text span key={ruleId} size="sm" display="block" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
            <b>{name}:</b> {text}
          </Text>
        ))
      ),
  },
];

/** The last messages that came in, the newest first, each with what it would have been answered. */
export function Replay({ messages }: { messages: readonly Replayed[] }) {
  const answered = messages.filter(({ answers }) => answers.length > 0).length;
  return (
    <Box mt="md">
      {messages.length > 0 && (
        <Text fw={600} mb="xs">
          {count(answered, "message")} of {messages.length} would have been answered.
        </Text>
      )}
      <DataTable
        caption="The last messages and their answers"
        columns={columns}
        rows={messages}
        rowKey={({ inboundId }) => inboundId}
        empty="Nobody has written yet, or their messages are older than 14 days."
      />
    </Box>
  );
}
