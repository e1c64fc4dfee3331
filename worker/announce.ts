import type { Sql } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { LIVE_CHANNEL, type LiveEvent, type Topic } from "#server/events.ts";
import type { Log } from "#server/log.ts";

const GAP_MS = 250;

/** Tells screens that something changed, after the commit and at most 4 times a second per thing, the last change always. */
export type Announce = (userId: Id<"user">, topic: Topic, id: string) => void;

/**
 * Coalesced NOTIFY. NOTIFY serialises commits, so the frequent changes (claims, acks, receipts) are announced here and not
 * in their transactions. A lost announcement makes a screen late, never wrong.
 */
export function createAnnounce(sql: Sql, log: Log): { announce: Announce; stop(): void } {
  const timers = new Map<string, { timer: NodeJS.Timeout; again: boolean }>();

  const send = (event: LiveEvent) => {
    sql.notify(LIVE_CHANNEL, JSON.stringify(event)).catch((err: unknown) => {
      log.warn({ err, event: "announce.failed", topic: event.topic }, "a change could not be announced");
    });
  };
  const rest = (key: string, event: LiveEvent) => {
    const timer = setTimeout(() => {
      const waiting = timers.get(key);
      timers.delete(key);
      if (!waiting?.again) return;
      send(event);
      rest(key, event);
    }, GAP_MS);
    timers.set(key, { timer, again: false });
  };

  return {
    announce: (userId, topic, id) => {
      const key = `${topic}:${id}`;
      const waiting = timers.get(key);
      if (waiting) {
        waiting.again = true;
        return;
      }
      const event: LiveEvent = { u: userId, topic, id };
      send(event);
      rest(key, event);
    },
    stop: () => {
      for (const { timer } of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
