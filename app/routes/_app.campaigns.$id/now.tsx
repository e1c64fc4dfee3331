import { Alert, Text } from "@mantine/core";
import { ClockIcon, PauseIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { pauseSentences } from "#server/campaigns/rules.ts";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Countdown, Moment } from "../../components/moment.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Campaign } from "./load.ts";

const waits = {
  session_offline: "The phone is not connected at the moment. Sending goes on by itself when it is back.",
  outside_hours: "It is outside your active hours.",
  daily_cap: "This phone number has sent as much as it may in a day.",
  paused_all: "You have paused all sending.",
} as const satisfies Record<NonNullable<Campaign["waiting"]>["reason"], string>;

/** What the campaign does at this moment, and why it does nothing when it does not. */
export function Now({ campaign }: { campaign: Campaign }) {
  const { status, counts, total } = campaign;
  switch (status) {
    case "paused":
      return <Paused campaign={campaign} />;
    case "running":
      return campaign.waiting ? <Waiting waiting={campaign.waiting} /> : <Sending campaign={campaign} />;
    case "cancelling":
      return (
        <Sentence>Cancelling: {count(counts.sending, "message")} on the way and still to be answered for.</Sentence>
      );
    case "cancelled":
      return <Sentence>Cancelled. {count(counts.cancelled, "message")} were not sent.</Sentence>;
    case "completed": {
      const sent = counts.sent + counts.delivered + counts.read;
      return (
        <Sentence>
          Done. WhatsApp accepted {formatNumber(sent)} of {count(total, "recipient")}; {formatNumber(counts.read)} have
          read it.
        </Sentence>
      );
    }
    case "scheduled":
    case "draft":
      return null;
  }
}

function Sentence({ children }: { children: ReactNode }) {
  return (
    <Text size="lg" fw={600} role="status">
      {children}
    </Text>
  );
}

function Sending({ campaign }: { campaign: Campaign }) {
  const { nextSendAt, counts } = campaign;
  if (counts.queued === 0) {
    return (
      <Sentence>Everything is handed over. {count(counts.sending, "message")} wait for WhatsApp's answer.</Sentence>
    );
  }
  return (
    <Text size="lg" fw={600}>
      Sending. Next message {nextSendAt ? <Countdown at={nextSendAt} /> : "at once"}, {count(counts.queued, "message")}{" "}
      to go.
    </Text>
  );
}

function Waiting({ waiting }: { waiting: NonNullable<Campaign["waiting"]> }) {
  return (
    <Alert color="yellow" icon={<ClockIcon aria-hidden />} title="Running, but waiting" role="status">
      {waits[waiting.reason]}{" "}
      {waiting.until && (
        <>
          It goes on <Moment at={waiting.until} />.
        </>
      )}{" "}
      {waiting.reason === "session_offline" && <TextLink to="/link">Look at the phone</TextLink>}
    </Alert>
  );
}

function Paused({ campaign }: { campaign: Campaign }) {
  const reason = campaign.pauseReason ?? "user";
  return (
    <Alert color="yellow" icon={<PauseIcon aria-hidden />} title="Paused" role="status">
      {pauseSentences[reason]} {count(campaign.counts.queued, "message")} to go.
      {reason === "logged_out" && (
        <LinkButton to="/link" size="xs" variant="default" ml="sm">
          Link the phone
        </LinkButton>
      )}
    </Alert>
  );
}
