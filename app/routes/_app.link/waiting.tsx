import { Group, Stack } from "@mantine/core";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { AgainByCode, useCodeForm } from "./link-ways.tsx";
import { QrCode } from "./qr-code.tsx";
import type { Session } from "./sessions.ts";
import { TypedCode } from "./typed-code.tsx";

/** The code that is shown now, and the way to the other kind. */
export function Waiting({
  session,
  simulator,
  answer,
}: {
  session: Session;
  simulator: boolean;
  answer: Answer | undefined;
}) {
  const { open, opened, closed } = useCodeForm(session.id);
  const byCode = session.linkBy === "code";
  return (
    <Stack>
      {byCode ? <TypedCode session={session} /> : <QrCode session={session} />}
      <Group gap="sm">
        {simulator && <PretendPhone session={session} />}
        {byCode && (
          <ButtonForm intent="new_qr" fields={{ id: session.id }}>
            <SubmitButton intent="new_qr" id={session.id} variant="default">
              Show a QR code instead
            </SubmitButton>
          </ButtonForm>
        )}
        <LinkButton to={open ? closed : opened} variant="default" preventScrollReset aria-expanded={open}>
          {byCode ? "Use another number" : "Type a code instead"}
        </LinkButton>
        {session.phone === null && (
          <ButtonForm intent="remove" fields={{ id: session.id }}>
            <SubmitButton intent="remove" id={session.id} variant="subtle" color="gray">
              Stop linking
            </SubmitButton>
          </ButtonForm>
        )}
      </Group>
      {open && <AgainByCode session={session} answer={answer} waiting />}
    </Stack>
  );
}

function PretendPhone({ session }: { session: Session }) {
  const phone = session.pairingPhone;
  if (session.linkBy === "code" && phone !== null) {
    return (
      <LinkButton to={`/dev/phone?${new URLSearchParams({ phone, tab: "devices" })}`} variant="light">
        Type it on the pretend phone
      </LinkButton>
    );
  }
  return (
    <LinkButton to={`/dev/phone?session=${session.id}`} variant="light">
      Scan with the pretend phone
    </LinkButton>
  );
}
