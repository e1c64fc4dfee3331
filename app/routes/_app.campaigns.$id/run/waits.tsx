import { Alert, Group, Text } from "@mantine/core";
import { ClockIcon, PauseIcon, PlayIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { pauseSentences } from "#server/campaigns/rules.ts";
import { ButtonForm, SubmitButton } from "../../../components/form-parts.tsx";
import { LinkButton } from "../../../components/link-button.tsx";
import { Moment } from "../../../components/moment.tsx";
import { count } from "../../../lib/format.ts";
import type { Campaign } from "../load.ts";

type Waiting = NonNullable<Campaign["waiting"]>;

const waits = {
  session_offline: "The phone is not connected at the moment. Sending goes on by itself when it is back.",
  outside_hours: "It is outside your active hours.",
  daily_cap: "This phone number has sent as much as it may in a day.",
  paused_all: "You have paused all sending.",
  behind: "Another campaign of this phone sends first.",
  retrying: "The connection failed before anything was sent. It is tried again by itself.",
} as const satisfies Record<Waiting["reason"], string>;

/** Why a running campaign sends nothing at the moment, until when, and what helps. */
export function Waits({ campaign, waiting }: { campaign: Campaign; waiting: Waiting }) {
  return (
    <Alert color="yellow" icon={<ClockIcon aria-hidden />} title="Running, but waiting" role="status">
      <Told fix={<WaitFix campaign={campaign} waiting={waiting} />}>
        {waits[waiting.reason]}{" "}
        {waiting.until && (
          <>
            It goes on <Moment at={waiting.until} />.
          </>
        )}
      </Told>
    </Alert>
  );
}

/** Why a campaign is paused, and what helps. */
export function Paused({ campaign }: { campaign: Campaign }) {
  const reason = campaign.pauseReason ?? "user";
  return (
    <Alert color="yellow" icon={<PauseIcon aria-hidden />} title="Paused" role="status">
      <Told fix={<PauseFix campaign={campaign} reason={reason} />}>
        {pauseSentences[reason]} {count(campaign.counts.queued, "message")} to go.
      </Told>
    </Alert>
  );
}

function Told({ children, fix }: { children: ReactNode; fix: ReactNode }) {
  return (
    <Group justify="space-between" align="center" gap="sm">
      <Text size="sm" style={{ flex: "1 1 18rem" }}>
        {children}
      </Text>
      <Group gap="xs">{fix}</Group>
    </Group>
  );
}

function PhoneButton({ campaign, children }: { campaign: Campaign; children: ReactNode }) {
  const to = campaign.session ? `/link/${campaign.session.id}` : "/link";
  return (
    <LinkButton to={to} size="xs" variant="default">
      {children}
    </LinkButton>
  );
}

function WaitFix({ campaign, waiting }: { campaign: Campaign; waiting: Waiting }) {
  switch (waiting.reason) {
    case "session_offline":
    case "retrying":
      return <PhoneButton campaign={campaign}>Look at the phone</PhoneButton>;
    case "daily_cap":
      return <PhoneButton campaign={campaign}>See its day</PhoneButton>;
    case "outside_hours":
      return (
        <LinkButton to="/settings/schedule" size="xs" variant="default">
          See the active hours
        </LinkButton>
      );
    case "paused_all":
      return (
        <ButtonForm intent="unpauseAll" fields={{ id: campaign.id }}>
          <SubmitButton intent="unpauseAll" size="xs" variant="default" leftSection={<PlayIcon aria-hidden />}>
            Let all sending go on
          </SubmitButton>
        </ButtonForm>
      );
    case "behind":
      return (
        waiting.campaign && (
          <LinkButton to={`/campaigns/${waiting.campaign.id}`} size="xs" variant="default">
            Open {waiting.campaign.name}
          </LinkButton>
        )
      );
  }
}

function PauseFix({ campaign, reason }: { campaign: Campaign; reason: NonNullable<Campaign["pauseReason"]> }) {
  return (
    <>
      <Cause campaign={campaign} reason={reason} />
      <ButtonForm intent="resume" fields={{ id: campaign.id }}>
        <SubmitButton intent="resume" size="xs" leftSection={<PlayIcon aria-hidden />}>
          Resume
        </SubmitButton>
      </ButtonForm>
    </>
  );
}

/** Where to look before it is resumed. */
function Cause({ campaign, reason }: { campaign: Campaign; reason: NonNullable<Campaign["pauseReason"]> }) {
  switch (reason) {
    case "user":
      return null;
    case "failures":
      return (
        <>
          <LinkButton to="#not-through" size="xs" variant="default">
            See what failed
          </LinkButton>
          <PhoneButton campaign={campaign}>Look at the phone</PhoneButton>
        </>
      );
    case "media":
      return <PhoneButton campaign={campaign}>Look at the phone</PhoneButton>;
    case "restricted":
      return <PhoneButton campaign={campaign}>See until when</PhoneButton>;
    case "logged_out":
      return (
        <LinkButton to="/link" size="xs" variant="default">
          Link the phone
        </LinkButton>
      );
    case "plan_expired":
      return (
        <LinkButton to="/billing/wallet" size="xs" variant="default">
          Look at the plan
        </LinkButton>
      );
  }
}
