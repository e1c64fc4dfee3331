import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { StatusBadge, sessionLooks } from "../../components/status-badge.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { SessionBody } from "./session-body.tsx";
import { nameOf, type Session } from "./sessions.ts";

/** One phone among others: which it is, how it is, and what can be done. */
export function SessionCard({
  session,
  simulator,
  answer,
}: {
  session: Session;
  simulator: boolean;
  answer: Answer | undefined;
}) {
  const headingId = `phone-${session.id}`;
  return (
    <Paper component="section" aria-labelledby={headingId} p={{ base: "md", sm: "lg" }}>
      <Stack>
        <Group justify="space-between" align="flex-start" gap="xs">
          <Stack gap={0}>
            <Title order={2} id={headingId}>
              {nameOf(session)}
            </Title>
            {session.pushName && <Text c="dimmed">{session.pushName}</Text>}
          </Stack>
          <StatusBadge look={sessionLooks[session.status]} size="lg" />
        </Group>
        <SessionBody session={session} simulator={simulator} answer={answer} inList />
      </Stack>
    </Paper>
  );
}
