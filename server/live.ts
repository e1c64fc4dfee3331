import type { Sql } from "#db/client.ts";
import { LIVE_CHANNEL, type LiveEvent, liveEvent } from "./events.ts";
import type { Log } from "./log.ts";

type Hint = Pick<LiveEvent, "topic" | "id">;
/** Sent to everyone when the connection to Postgres came back: something may have been missed. */
export type LiveMessage = Hint | { topic: "resync"; id: "" };

export interface Live {
  /** Messages for one user, until the signal aborts. A reader that falls behind gets one `resync` in place of its backlog. */
  follow(userId: string, signal: AbortSignal): AsyncGenerator<LiveMessage>;
  /** Milliseconds since Postgres was last heard, for readiness. */
  silentForMs(): number;
  clients(): number;
  close(): Promise<void>;
}

const BACKLOG = 200;
const HEARTBEAT_MS = 10_000;

class Follower {
  private queue: LiveMessage[] = [];
  private wake: (() => void) | null = null;
  push(message: LiveMessage): void {
    if (this.queue.length >= BACKLOG) this.queue = [{ topic: "resync", id: "" }];
    else if (!this.queue.some((m) => m.topic === message.topic && m.id === message.id)) this.queue.push(message);
    this.wake?.();
  }
  async *read(signal: AbortSignal): AsyncGenerator<LiveMessage> {
    const stop = () => this.wake?.();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        const next = this.queue.shift();
        if (next) yield next;
        else
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

/** One LISTEN connection for the process, shared by every open screen. */
export async function startLive(sql: Sql, log: Log): Promise<Live> {
  const followers = new Map<string, Set<Follower>>();
  const closing = new AbortController();
  let lastHeard = Date.now();

  const deliver = (message: LiveMessage, userId?: string) => {
    const sets = userId ? [followers.get(userId)] : followers.values();
    for (const set of sets) for (const follower of set ?? []) follower.push(message);
  };
  const listening = await sql.listen(
    LIVE_CHANNEL,
    (payload) => {
      lastHeard = Date.now();
      const parsed = liveEvent.safeParse(JSON.parse(payload));
      if (parsed.success) deliver({ topic: parsed.data.topic, id: parsed.data.id }, parsed.data.u);
      else if (payload !== "{}") log.warn({ event: "live.unreadable" }, "an event on the live channel is not ours");
    },
    () => {
      lastHeard = Date.now();
      deliver({ topic: "resync", id: "" });
    },
  );
  const heartbeat = setInterval(() => {
    sql.notify(LIVE_CHANNEL, "{}").catch((err: unknown) => log.warn({ err, event: "live.heartbeat" }, "no heartbeat"));
  }, HEARTBEAT_MS);

  return {
    async *follow(userId, signal) {
      const follower = new Follower();
      const set = followers.get(userId) ?? new Set();
      followers.set(userId, set.add(follower));
      try {
        yield* follower.read(AbortSignal.any([signal, closing.signal]));
      } finally {
        set.delete(follower);
        if (set.size === 0) followers.delete(userId);
      }
    },
    silentForMs: () => Date.now() - lastHeard,
    clients: () => [...followers.values()].reduce((sum, set) => sum + set.size, 0),
    close: async () => {
      clearInterval(heartbeat);
      closing.abort();
      await listening.unlisten();
    },
  };
}
