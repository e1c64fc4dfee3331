import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "#server/log.ts";
import type { GatewayEvent } from "./gateway.ts";

const TRIES = 5;
const LONGEST_MS = 2_000;

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";

/** The database is away, overloaded or chose this transaction as a victim: the same again may succeed. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error) || (error instanceof Error ? codeOf(error.cause) : "");
  return /^(CONNECT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|08|40|53|57P0)/.test(code);
}

/**
 * The events of one session, handled one after the other in the order they came. An event waits out an absence of the
 * database for as long as it takes, because WhatsApp will not tell it again; one that fails by itself is dropped after a
 * few tries, so that it does not hold back the others.
 */
export interface EventQueue {
  push: (event: GatewayEvent) => void;
  /**
   * The same for who waits for it.
   * @param first done when the event's turn comes, before it is handled
   * @returns when it was handled, or given up (false)
   */
  take: (event: GatewayEvent, first?: () => void) => Promise<boolean>;
  /** Resolves when everything so far is handled, or after `ms`. */
  drained(ms: number): Promise<void>;
  /** Stops waiting for the database: the process ends. */
  abandon(): void;
}

export function createEventQueue(handle: (event: GatewayEvent) => Promise<void>, log: Log): EventQueue {
  let tail: Promise<unknown> = Promise.resolve();
  const abandoned = new AbortController();

  async function deliver(event: GatewayEvent): Promise<boolean> {
    for (let tries = 1; !abandoned.signal.aborted; tries++) {
      try {
        await handle(event);
        return true;
      } catch (err) {
        const passing = isPassing(err);
        if (!passing && tries >= TRIES) {
          log.error({ err, event: "gateway.event_dropped", type: event.type }, "an event could not be handled");
          return false;
        }
        log.warn({ err, event: "gateway.event_retry", type: event.type, tries }, "an event is tried again");
        await sleep(Math.min(LONGEST_MS, 50 * 2 ** tries), undefined, { signal: abandoned.signal }).catch(() => {});
      }
    }
    return false;
  }

  const take: EventQueue["take"] = (event, first) => {
    const handled = tail.then(() => {
      first?.();
      return deliver(event);
    });
    tail = handled;
    return handled;
  };

  return {
    push: (event) => void take(event),
    take,
    drained: async (ms) => {
      await Promise.race([tail, sleep(ms, undefined, { ref: false })]);
    },
    abandon: () => abandoned.abort(),
  };
}
