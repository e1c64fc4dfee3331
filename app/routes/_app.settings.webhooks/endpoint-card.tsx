import { Alert, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon, PaperPlaneIcon } from "@radix-ui/react-icons";
import { FAILING_DAYS } from "#server/webhooks/rules.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { Toggle } from "../../components/toggle.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { ChangeForm } from "./endpoint-form.tsx";
import { type Endpoint, endpointLook, endpointName, topicWords } from "./looks.ts";

/** One endpoint: how it fares, and what can be done with it. */
export function EndpointCard({
  endpoint,
  editing,
  answer,
}: {
  endpoint: Endpoint;
  editing: boolean;
  answer: Answer | undefined;
}) {
  const { id, url, description, events, enabled, oldSecretUntil } = endpoint;
  const name = endpointName(endpoint);
  return (
    <Paper component="section" aria-label={`Webhook ${name}`}>
      <Stack>
        <Group justify="space-between" align="flex-start">
          <Stack gap={2} style={{ flex: "1 1 16rem", minWidth: 0 }}>
            <Group gap="sm">
              <Title order={2} style={{ overflowWrap: "anywhere" }}>
                {name}
              </Title>
              <StatusBadge look={endpointLook(endpoint)} />
            </Group>
            {description !== "" && (
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {url}
              </Text>
            )}
            <Text size="sm" c="dimmed">
              {events.map((topic) => topicWords[topic].word).join(", ")}
            </Text>
          </Stack>
          <Text size="sm" ta={{ sm: "right" }}>
            <TextLink to={`?endpoint=${id}`} preventScrollReset>
              {formatNumber(endpoint.delivered)} delivered, {formatNumber(endpoint.waiting)} waiting,{" "}
              {formatNumber(endpoint.dead)} failed
            </TextLink>
          </Text>
        </Group>
        <Trouble endpoint={endpoint} />
        {oldSecretUntil && (
          <Text size="sm" c="dimmed">
            The secret before signs too, until <Moment at={oldSecretUntil} />.
          </Text>
        )}
        {editing ? (
          <ChangeForm endpoint={endpoint} answer={answer} />
        ) : (
          <>
            <Toggle intent="switch" fields={{ id }} on={enabled} label="Tell it what happens">
              {enabled
                ? "Each event is told once it is true."
                : "Nothing is written down for it. What waits, waits on."}
            </Toggle>
            <Group gap="xs">
              <ButtonForm intent="test" fields={{ id }}>
                <SubmitButton intent="test" id={id} size="xs" leftSection={<PaperPlaneIcon aria-hidden />}>
                  Send a test
                </SubmitButton>
              </ButtonForm>
              <LinkButton to={`?edit=${id}`} variant="default" size="xs" preventScrollReset>
                Edit
              </LinkButton>
              <ConfirmButton
                intent="rotate"
                fields={{ id }}
                label="New secret"
                size="xs"
                color="teal"
                title={`A new secret for ${name}?`}
                confirm="Make a new secret"
              >
                It is shown once. For 24 hours events are signed with both, so that your server can change over.
              </ConfirmButton>
              <ConfirmButton
                intent="remove"
                fields={{ id }}
                label="Remove"
                size="xs"
                title={`Remove ${name}?`}
                confirm={`Remove ${name}`}
              >
                Its log goes with it, and what waits for it is not delivered any more.
              </ConfirmButton>
            </Group>
          </>
        )}
      </Stack>
    </Paper>
  );
}

function Trouble({ endpoint }: { endpoint: Endpoint }) {
  const { enabled, disabledReason, disabledAt, failures, failingSince, resumeAt, waiting } = endpoint;
  if (!enabled && disabledReason !== "user") {
    return (
      <Alert color="red" role="alert" icon={<ExclamationTriangleIcon aria-hidden />} title="It was switched off">
        {disabledReason === "gone"
          ? "Your server answered 410, which means that it wants nothing more."
          : `It took nothing for ${FAILING_DAYS} days.`}{" "}
        {disabledAt && (
          <>
            It is told nothing since <Moment at={disabledAt} />.{" "}
          </>
        )}
        {waiting > 0 && `${count(waiting, "event waits", "events wait")}. `}
        Put it right, send a test, then switch it on.
      </Alert>
    );
  }
  if (!enabled || failures === 0) return null;
  return (
    <Alert color="yellow" role="status" icon={<ExclamationTriangleIcon aria-hidden />}>
      It has not taken {failures === 1 ? "the last try" : `the last ${formatNumber(failures)} tries`}
      {failingSince && (
        <>
          , since <Moment at={failingSince} />
        </>
      )}
      . The next is at <Moment at={resumeAt} seconds />. After {FAILING_DAYS} days it is switched off.
    </Alert>
  );
}
