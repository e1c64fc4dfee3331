import { Group, Loader, Text } from "@mantine/core";
import { Moment } from "../../components/moment.tsx";
import type { Session } from "./sessions.ts";

type Command = NonNullable<Session["command"]>;

const words: Record<Command["kind"], Record<Command["status"], string>> = {
  unlink: { waiting: "The phone is being unlinked", done: "The phone was unlinked", failed: "It was not unlinked" },
  reconnect: { waiting: "It is about to connect", done: "It was told to connect", failed: "It did not connect" },
  read_limits: {
    waiting: "WhatsApp is being asked what it forbids",
    done: "WhatsApp was asked what it forbids, and answered",
    failed: "WhatsApp was not asked what it forbids",
  },
  check_numbers: {
    waiting: "WhatsApp is being asked which numbers it knows",
    done: "WhatsApp was asked which numbers it knows, and answered",
    failed: "WhatsApp was not asked which numbers it knows",
  },
  list_groups: {
    waiting: "WhatsApp is being asked which groups the phone is in",
    done: "WhatsApp was asked which groups the phone is in, and answered",
    failed: "WhatsApp was not asked which groups the phone is in",
  },
  read_group: {
    waiting: "WhatsApp is being asked who is in a group",
    done: "WhatsApp was asked who is in a group, and answered",
    failed: "Nobody learned who is in the group",
  },
};

/** Why it came to nothing, of what the worker writes down; anything else is that no worker was there in time. */
const reasons: Record<string, string> = {
  "WhatsApp did not answer": "WhatsApp did not answer",
  not_in_group: "the phone is not in it",
  no_such_invite: "the invite link leads to no group",
};

/** What became of the last thing the connection was asked to do, in a sentence. */
export function tellCommand({ kind, status, why }: Command): string {
  const said = words[kind][status];
  if (status !== "failed") return `${said}.`;
  return `${said}: ${(why !== null && reasons[why]) || "nothing was connected to WhatsApp in time"}.`;
}

/**
 * Says what was asked of the connection, while it is waited for and when it came to nothing; what worked is seen in the
 * phone's state, save that WhatsApp holds to its restriction.
 */
export function Asked({ session: { command, next } }: { session: Session }) {
  const isNews = command?.status !== "done" || (command.kind === "read_limits" && next === "ask_again");
  const visible = isNews ? command : null;
  return (
    <div role="status">
      {visible && (
        <Group gap="xs" wrap="nowrap">
          {visible.status === "waiting" && <Loader size="xs" aria-hidden />}
          <Text size="sm" c={visible.status === "failed" ? "var(--mantine-color-error)" : "dimmed"}>
            {tellCommand(visible)}{" "}
            {visible.status !== "waiting" && (
              <>
                (<Moment at={visible.at} />)
              </>
            )}
          </Text>
        </Group>
      )}
    </div>
  );
}
