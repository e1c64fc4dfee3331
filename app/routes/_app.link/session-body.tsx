import { Anchor, Group, Loader, Stack, Text } from "@mantine/core";
import { ActivityLogIcon } from "@radix-ui/react-icons";
import { statusesBefore, statusesForCommand } from "#server/wa/rules.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { IdleWarning } from "../../components/idle-warning.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment, useWait } from "../../components/moment.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { Asked } from "./asked.tsx";
import { LinkWays } from "./link-ways.tsx";
import { nameOf, type Session } from "./sessions.ts";
import { TodaysUse } from "./todays-use.tsx";
import { Waiting } from "./waiting.tsx";

const BUSINESS_PLATFORM = "https://business.whatsapp.com/products/business-platform";
/** Pairing takes seconds; after so long something went wrong. */
const PAIRING_MS = 60_000;

const isOneOf = <T extends string>(value: T, list: readonly T[]): boolean => list.includes(value);

/** A phone's state in a sentence, the code while one is shown, and every next step. */
export function SessionBody({
  session,
  simulator,
  answer,
  inList = false,
}: {
  session: Session;
  simulator: boolean;
  answer: Answer | undefined;
  /** Among others, with the way to its own page, where more is told. */
  inList?: boolean;
}) {
  const { status, next, idleUntil, restrictedUntil } = session;
  const banned = status === "restricted" && restrictedUntil === null;
  const linked = isOneOf(status, statusesForCommand.unlink) && !banned;
  return (
    <Stack>
      {/* While a code is shown the steps beside it say all there is to say. */}
      {status !== "waiting" && (
        <Stack gap={4}>
          <Text role="status">{session.sentence}</Text>
          {status === "restricted" && (
            <Text fw={600}>
              {restrictedUntil ? (
                <>
                  Restricted until <Moment at={restrictedUntil} />
                </>
              ) : (
                "WhatsApp did not say until when."
              )}
            </Text>
          )}
          <Asked session={session} />
        </Stack>
      )}
      {status === "passkey_required" && (
        <Text size="sm">
          With the{" "}
          <Anchor href={BUSINESS_PLATFORM} rel="noreferrer" fz="inherit" underline="always">
            WhatsApp Business Platform
          </Anchor>{" "}
          a number sends through WhatsApp's official interface, without a linked device and without a passkey.
        </Text>
      )}
      {linked && idleUntil && <IdleWarning id={session.id} until={idleUntil} />}
      {status === "waiting" && <Waiting session={session} simulator={simulator} answer={answer} />}
      {status === "pairing" && <Pairing session={session} />}
      {inList && linked && <TodaysUse session={session} />}
      {next === "new_qr" && <LinkWays session={session} answer={answer} />}
      <Group gap="sm">
        {next === "try_now" && (
          <ButtonForm intent="reconnect" fields={{ id: session.id }}>
            <SubmitButton intent="reconnect" id={session.id}>
              Try now
            </SubmitButton>
          </ButtonForm>
        )}
        {next === "ask_again" && (
          <ButtonForm intent="read_limits" fields={{ id: session.id }}>
            <SubmitButton intent="read_limits" id={session.id}>
              Ask WhatsApp again
            </SubmitButton>
          </ButtonForm>
        )}
        {inList && session.phone !== null && (
          <LinkButton
            to={`/link/${session.id}`}
            variant="default"
            leftSection={<ActivityLogIcon aria-hidden />}
            aria-label={`Account health of ${nameOf(session)}`}
          >
            Account health
          </LinkButton>
        )}
        {linked ? <Unlink session={session} /> : <Remove session={session} />}
      </Group>
    </Stack>
  );
}

function Pairing({ session }: { session: Session }) {
  const wait = useWait(new Date(session.statusAt.getTime() + PAIRING_MS));
  if (wait !== 0) return <Loader size="sm" aria-hidden />;
  return (
    <Stack gap="xs" align="flex-start">
      <Text size="sm">It takes longer than usual.</Text>
      <ButtonForm intent="new_qr" fields={{ id: session.id }}>
        <SubmitButton intent="new_qr" id={session.id}>
          Start again with a QR code
        </SubmitButton>
      </ButtonForm>
    </Stack>
  );
}

function Unlink({ session }: { session: Session }) {
  if (session.command?.kind === "unlink" && session.command.status === "waiting") return null;
  const name = nameOf(session);
  return (
    <ConfirmButton
      intent="unlink"
      fields={{ id: session.id }}
      label="Unlink"
      title={`Unlink ${name}?`}
      confirm={`Unlink ${name}`}
    >
      This device is logged out at WhatsApp and its keys are erased here. Running campaigns of this phone pause until
      you link it again.
    </ConfirmButton>
  );
}

function Remove({ session }: { session: Session }) {
  // A link that was only begun has nothing to lose: its own button ends it.
  if (!statusesBefore("removed").includes(session.status)) return null;
  if (session.status === "waiting" && session.phone === null) return null;
  const name = nameOf(session);
  return (
    <ConfirmButton
      intent="remove"
      fields={{ id: session.id }}
      label="Remove"
      title={`Remove ${name}?`}
      confirm={`Remove ${name}`}
    >
      It disappears from this page. Campaigns and their results are kept.
    </ConfirmButton>
  );
}
