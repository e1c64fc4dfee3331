import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useWait } from "../../../components/moment.tsx";
import { count, formatNumber, formatWait } from "../../../lib/format.ts";
import type { Campaign } from "../load.ts";
import { Paused, Waits } from "./waits.tsx";

/** What the campaign does at this moment, and why it does nothing when it does not. */
export function Now({ campaign }: { campaign: Campaign }) {
  const { status, counts, total } = campaign;
  switch (status) {
    case "paused":
      return <Paused campaign={campaign} />;
    case "running":
      return campaign.waiting ? (
        <Waits campaign={campaign} waiting={campaign.waiting} />
      ) : (
        <Sending campaign={campaign} />
      );
    case "cancelling":
      return (
        <Sentence>
          Cancelling: {count(counts.sending, "message is", "messages are")} on the way and still to be answered for.
        </Sentence>
      );
    case "cancelled":
      return <Sentence>Cancelled. {count(counts.cancelled, "message was", "messages were")} not sent.</Sentence>;
    case "completed": {
      const sent = counts.sent + counts.delivered + counts.read;
      return (
        <Sentence>
          Done. WhatsApp accepted {formatNumber(sent)} of {count(total, "recipient")};{" "}
          {count(counts.read, "has", "have")} read it.
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

/** Until the browser's clock is known nobody can say how soon. */
function next(wait: number | null): string {
  if (wait === null) return "soon";
  return wait === 0 ? "now" : `in ${formatWait(wait)}`;
}

function Sending({ campaign }: { campaign: Campaign }) {
  const { nextSendAt, counts } = campaign;
  const wait = useWait(nextSendAt);
  if (counts.queued === 0) {
    return (
      <Sentence>
        Everything is handed over. {count(counts.sending, "message waits", "messages wait")} for WhatsApp's answer.
      </Sentence>
    );
  }
  return (
    <Text size="lg" fw={600}>
      Sending. Next message {next(wait)}, {count(counts.queued, "message")} to go.
    </Text>
  );
}
