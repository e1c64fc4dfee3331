import type { Sql } from "#db/client.ts";
import { LIVE_CHANNEL, type LiveEvent, liveEvent } from "./events.ts";
import type { Log } from "./log.ts";

type Hint = Pick<LiveEvent, "topic" | "id">;
/** Sent to everyone when the connection to Postgres came back: something may have been missed. */
export type LiveMessage = Hint | { topic: "resync"; id: "" };

export interface Live {
  /**
   * Messages for one user, until the signal aborts. A reader that falls behind gets one `resync` in place of its backlog.
   * @param since when the page that listens was loaded, in ms by a web process's clock: a `resync` comes first when something
   *   may have happened since
   */
  follow(userId: string, signal: AbortSignal, since?: number): AsyncGenerator<LiveMessage>;
  /** Milliseconds since Postgres was last heard, for readiness. */
  silentForMs(): number;
  clients(): number;
  close(): Promise<void>;
}

const BACKLOG = 200;
const HEARTBEAT_MS = 10_000;
/** A page opens its stream within seconds; one that was loaded longer ago is told to look anew. */
const REMEMBERED_MS = 300_000;
/** The page may come from another machine than its stream, and their clocks differ. */
const CLOCKS_MS = 500;

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
  let listeningSince = Date.now();
  const lastChange = new Map<string, number>();

  const missed = (userId: string, since: number) =>
    since - CLOCKS_MS < Math.max(listeningSince, Date.now() - REMEMBERED_MS, lastChange.get(userId) ?? 0);
  const deliver = (message: LiveMessage, userId?: string) => {
    if (userId) lastChange.set(userId, Date.now());
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
      listeningSince = Date.now();
      deliver({ topic: "resync", id: "" });
    },
  );
  const heartbeat = setInterval(() => {
    for (const [userId, at] of lastChange) if (at < Date.now() - REMEMBERED_MS) lastChange.delete(userId);
    sql.notify(LIVE_CHANNEL, "{}").catch((err: unknown) => log.warn({ err, event: "live.heartbeat" }, "no heartbeat"));
  }, HEARTBEAT_MS);

  return {
    async *follow(userId, signal, since) {
      const follower = new Follower();
      const set = followers.get(userId) ?? new Set();
      followers.set(userId, set.add(follower));
      if (since !== undefined && missed(userId, since)) follower.push({ topic: "resync", id: "" });
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
