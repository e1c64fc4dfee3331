import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import type { useLoaderData } from "@remix-run/react";
import { statusesBefore } from "#server/wa/rules.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { StatusBadge, sessionLooks } from "../../components/status-badge.tsx";
import { formatNumber } from "../../lib/format.ts";
import { QrCode } from "./qr-code.tsx";
import type { loader } from "./route.tsx";

type Session = ReturnType<typeof useLoaderData<typeof loader>>["sessions"][number];

/** One phone: its state in a sentence, the code while one is to be scanned, and what can be done. */
export function SessionCard({ session, simulator }: { session: Session; simulator: boolean }) {
  const name = session.phone ?? "New phone";
  const connected = session.status === "linked" || session.status === "reconnecting";
  const removable = statusesBefore("removed").includes(session.status);
  return (
    <Paper>
      <Stack>
        <Group justify="space-between" align="flex-start">
          <Stack gap={0}>
            <Title order={2}>{name}</Title>
            {session.pushName && <Text c="dimmed">{session.pushName}</Text>}
          </Stack>
          <StatusBadge look={sessionLooks[session.status]} size="lg" />
        </Group>
        <Text role="status">{session.sentence}</Text>
        {session.status === "waiting" && (
          <QrCode id={session.id} shown={session.hasQr} expiresAt={session.qrExpiresAt} />
        )}
        {connected && (
          <Text size="sm" c="dimmed">
            {formatNumber(session.sentToday)} of {formatNumber(session.dailyCap)} messages sent today
            {session.dayTz && ` (day of ${session.dayTz})`}
            {session.linkedAt && (
              <>
                {" · linked "}
                <Moment at={session.linkedAt} />
              </>
            )}
          </Text>
        )}
        <Group gap="sm">
          {session.next === "new_qr" && (
            <ButtonForm intent="new_qr" fields={{ id: session.id }}>
              <SubmitButton intent="new_qr" id={session.id}>
                Show a new code
              </SubmitButton>
            </ButtonForm>
          )}
          {simulator && session.status === "waiting" && (
            <LinkButton to={`/dev/phone?session=${session.id}`} variant="light">
              Scan with the pretend phone
            </LinkButton>
          )}
          {connected && (
            <ConfirmButton
              intent="unlink"
              fields={{ id: session.id }}
              label="Unlink"
              title={`Unlink ${name}?`}
              confirm={`Unlink ${name}`}
            >
              This device is logged out at WhatsApp and its keys are erased here. Running campaigns of this phone pause
              until you link it again.
            </ConfirmButton>
          )}
          {removable && (
            <ConfirmButton
              intent="remove"
              fields={{ id: session.id }}
              label="Remove"
              title={`Remove ${name}?`}
              confirm={`Remove ${name}`}
            >
              It disappears from this page. Campaigns and their results are kept.
            </ConfirmButton>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}
