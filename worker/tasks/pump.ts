import type { Task } from "graphile-worker";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Env } from "#server/env.ts";
import { jobs } from "#server/jobs.ts";
import type { Log } from "#server/log.ts";
import { claimNext } from "#server/messages/claim.ts";
import { bookPump, type Gate, type Owner, readGate } from "#server/messages/gate.ts";
import type { Announce } from "../announce.ts";
import type { HeldSession, Sessions } from "../gateway/gateway.ts";
import { createDelivery } from "./deliver.ts";
import { createLine, type Line } from "./line.ts";

const SLICE_MS = 30_000;
/** How long plan and hours are taken to be what they were, between two messages that follow at once. */
const GATE_MS = 500;
/** As many are claimed at once at most, where no pause has to be kept between them. Each is still written by itself. */
const AT_ONCE = 3;

export interface PumpDeps {
  env: Pick<Env, "caps" | "ackTimeoutMs" | "media">;
  log: Log;
  db: Db;
  workerId: Id<"worker">;
  sessions: Sessions;
  announce: Announce;
}

class Running {
  /** A booking came while the pump ran: look once more before ending. */
  woken = false;
  private endSleep: (() => void) | null = null;

  wake(): void {
    this.woken = true;
    this.endSleep?.();
  }
  /** Sleeps until the time is over, somebody wakes it, or the session is given up. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (this.woken || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener("abort", this.endSleep, { once: true });
    });
    if (this.endSleep) signal.removeEventListener("abort", this.endSleep);
    this.endSleep = null;
  }
}

/**
 * The pump of a session: sends, waits out the jitter, reads everything anew and sends again, for 30 s at most, then books
 * itself. It holds no truth; `messages` is the queue. One runs per session: a second job wakes the first and ends.
 */
export function createPump(deps: PumpDeps): Task {
  // By the held session, not its id: a pump of a lease that was lost must not swallow a booking of the next.
  const running = new Map<HeldSession, Running>();
  const delivery = createDelivery(deps);

  return async (payload) => {
    const { sessionId } = jobs["wa:pump"].parse(payload);
    const held = deps.sessions.held(sessionId);
    if (!held) return;
    const already = running.get(held);
    if (already) return already.wake();
    const me = new Running();
    running.set(held, me);
    const owner: Owner = { sessionId, workerId: deps.workerId, epoch: held.epoch };
    let againMs: number | null = null;
    try {
      const endsAt = Date.now() + SLICE_MS;
      do {
        againMs = await runSlice(held, owner, me, endsAt);
      } while (me.woken && againMs === null && !held.signal.aborted);
    } finally {
      running.delete(held);
    }
    if (againMs !== null) await bookPump(deps.db, owner, me.woken ? 0 : againMs);
  };

  /** @returns after how many milliseconds to go on; null when there is nothing to wait for */
  async function runSlice(held: HeldSession, owner: Owner, me: Running, endsAt: number): Promise<number | null> {
    const line = createLine(deps.db, owner, held.signal);
    try {
      const againMs = await fill(line, held, owner, me, endsAt);
      await line.written();
      return againMs;
    } finally {
      await line.settled();
    }
  }

  async function fill(
    line: Line,
    held: HeldSession,
    owner: Owner,
    me: Running,
    endsAt: number,
  ): Promise<number | null> {
    let gate: Gate | undefined;
    let lookedAt = Number.NEGATIVE_INFINITY;
    let most = 1;
    while (!held.signal.aborted && held.isReady()) {
      const { caps, ackTimeoutMs } = deps.env;
      // Whoever woke it may have changed the hours.
      const fresh = !me.woken && performance.now() - lookedAt < GATE_MS;
      me.woken = false;
      if (!fresh) {
        gate = (await readGate(deps.db, owner)) ?? undefined;
        lookedAt = performance.now();
      }
      await line.room();
      const ready = await delivery.next(held, most);
      const claim = await claimNext(deps.db, owner, { caps, ackTimeoutMs, chance: Math.random(), gate, ready });
      switch (claim.type) {
        case "lost":
          return null;
        case "idle":
          if (!line.isBusy()) return null;
          await line.written();
          break;
        case "wait":
          if (line.isBusy()) {
            await line.written();
            break;
          }
          if (!me.woken && Date.now() + claim.ms > endsAt) return claim.ms;
          await me.sleep(claim.ms, held.signal);
          // The hours may have opened meanwhile.
          lookedAt = Number.NEGATIVE_INFINITY;
          break;
        case "send":
          if (claim.messages.some(({ id }) => line.has(id))) {
            await line.written();
            break;
          }
          most = claim.messages.some(({ pauseMs }) => pauseMs > 0) ? 1 : AT_ONCE;
          await line.add(claim.messages, (message) => delivery.makeReady(held, owner, message));
          if (Date.now() > endsAt) return 0;
          break;
      }
    }
    return null;
  }
}
