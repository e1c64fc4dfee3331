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
 * The events of one session, handled one after the other in the order they came, facts a moment later. An event waits out
 * an absence of the database for as long as it takes, because WhatsApp will not tell it again; one that fails by itself is
 * dropped after a few tries, so that it does not hold back the others.
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

/** What WhatsApp says of messages: such events that came together are handled together. */
export type FactEvent = Extract<GatewayEvent, { type: "ack" | "nack" | "receipt" }>;

export interface Handlers {
  event: (event: Exclude<GatewayEvent, FactEvent>) => Promise<void>;
  /** One or more, in the order they came. */
  facts: (facts: readonly FactEvent[]) => Promise<void>;
}

const MOST_AT_ONCE = 50;
/** How long facts wait for others: to write down one costs nearly as much as to write down several. */
const GATHER_MS = 30;

const isFact = (event: GatewayEvent): event is FactEvent =>
  event.type === "ack" || event.type === "nack" || event.type === "receipt";

interface Waiting {
  event: GatewayEvent;
  first: (() => void) | undefined;
  done: (handled: boolean) => void;
}

/** A refusal may stop a campaign, and whatever is no fact is waited for. */
const isUrgent = ({ event, first }: Waiting): boolean => !isFact(event) || event.type === "nack" || first !== undefined;

export function createEventQueue(handlers: Handlers, log: Log): EventQueue {
  const waiting: Waiting[] = [];
  let running: Promise<void> | null = null;
  let endGathering = () => {};
  const abandoned = new AbortController();

  async function deliver(type: string, handle: () => Promise<void>, most = TRIES): Promise<boolean> {
    for (let tries = 1; !abandoned.signal.aborted; tries++) {
      try {
        await handle();
        return true;
      } catch (err) {
        const passing = isPassing(err);
        if (!passing && tries >= most) {
          log.error({ err, event: "gateway.event_dropped", type }, "an event could not be handled");
          return false;
        }
        log.warn({ err, event: "gateway.event_retry", type, tries }, "an event is tried again");
        await sleep(Math.min(LONGEST_MS, 50 * 2 ** tries), undefined, { signal: abandoned.signal }).catch(() => {});
      }
    }
    return false;
  }

  /** Gives facts a moment to become more, unless there is something that does not wait. */
  async function gather(): Promise<void> {
    if (waiting.length === 0 || waiting.length >= MOST_AT_ONCE || waiting.some(isUrgent)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      endGathering = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The facts at the head of what waits. */
  function takeFacts(): { event: FactEvent; done: Waiting["done"] }[] {
    const facts: { event: FactEvent; done: Waiting["done"] }[] = [];
    for (const { event, first, done } of waiting) {
      if (!isFact(event) || first || facts.length === MOST_AT_ONCE) break;
      facts.push({ event, done });
    }
    waiting.splice(0, facts.length);
    return facts;
  }

  async function run(): Promise<void> {
    for (;;) {
      await gather();
      const facts = takeFacts();
      if (facts.length > 0) {
        await deliverFacts(facts);
        continue;
      }
      const next = waiting.shift();
      if (!next) {
        // In the same step as the look: what comes from now on starts anew.
        running = null;
        return;
      }
      next.first?.();
      const { event, done } = next;
      done(await deliver(event.type, () => (isFact(event) ? handlers.facts([event]) : handlers.event(event))));
    }
  }

  async function deliverFacts(facts: readonly { event: FactEvent; done: Waiting["done"] }[]): Promise<void> {
    const together = facts.map(({ event }) => event);
    if (facts.length > 1 && (await deliver("facts", () => handlers.facts(together), 1))) {
      for (const { done } of facts) done(true);
      return;
    }
    // One of them may be what cannot be handled: it does not take the others with it.
    for (const { event, done } of facts) done(await deliver(event.type, () => handlers.facts([event])));
  }

  const take: EventQueue["take"] = (event, first) =>
    new Promise((done) => {
      const entry = { event, first, done };
      waiting.push(entry);
      if (isUrgent(entry) || waiting.length >= MOST_AT_ONCE) endGathering();
      // Not at once: what comes in the same moment is handled together.
      running ??= Promise.resolve().then(run);
    });

  return {
    push: (event) => void take(event),
    take,
    drained: async (ms) => {
      await Promise.race([running, sleep(ms, undefined, { ref: false })]);
    },
    abandon: () => abandoned.abort(),
  };
}
