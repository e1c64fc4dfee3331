import { type Reconnect, reconnectDelayMs } from "#server/wa/rules.ts";

/** A connection that held so long ends the count of failures. */
const STABLE_MS = 60_000;

/** The pauses between the connections of one session. */
export interface Retries {
  /**
   * Milliseconds until the next try, or null to give up.
   * @param heldMs how long the connection lasted that has just ended
   * @param random 0..1, spreads the sessions of a process
   */
  delayMs(how: Reconnect, heldMs: number, random: number): number | null;
}

/** Counts each kind of end by itself: a network that was away for long uses up no try of a session that is then refused. */
export function createRetries(): Retries {
  const counts = new Map<Reconnect, number>();
  return {
    delayMs(how, heldMs, random) {
      if (heldMs > STABLE_MS) counts.clear();
      const before = counts.get(how) ?? 0;
      counts.set(how, before + 1);
      // A restart that is asked for again and again is a failure like any other.
      if (how === "now" && before > 0) return reconnectDelayMs("backoff", before - 1, random);
      return reconnectDelayMs(how, before, random);
    },
  };
}
