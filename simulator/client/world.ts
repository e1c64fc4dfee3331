import type { Condition, JournalEntry, SeedBody, WorldView } from "../contract/world.ts";
import type { Ask } from "./ask.ts";

/** The whole world. */
export const worldCalls = (ask: Ask) => ({
  health: () => ask<{ ok: true }>("GET", "/healthz"),
  /**
   * What to trust: the root key (32 bytes as base64, for `WA_CERT_DETAILS.PUBLIC_KEY`) and the authority (PEM) that signed
   * the media server's certificate.
   */
  trust: () => ask<{ publicKey: string; serial: number; ca: string; mediaUrl: string }>("GET", "/trust"),
  world: () => ask<WorldView>("GET", "/world"),
  /** Makes people and accounts, or changes them; the same body twice is the same as once. */
  seed: (people: SeedBody) => ask<WorldView>("POST", "/seed", people),
  /** Travels into the future; what falls due on the way happens at once. */
  advance: (advanceMs: number) => ask<{ now: number }>("POST", "/time", { advanceMs }),
  /** Resolves when something is true, with what made it so; rejects with 408 when it does not come true in time. */
  waitUntil: (until: Condition, timeoutMs?: number) => ask<object>("POST", "/wait", { until, timeoutMs }),
  /** Cuts every connection and forgets everybody; the root key and the seed stay. */
  reset: () => ask<WorldView>("POST", "/reset"),
  /** What clients said that is not known here, what could not be read, and which faults struck. */
  journal: () => ask<JournalEntry[]>("GET", "/journal"),
});
