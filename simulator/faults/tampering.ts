import { z } from "zod";
import type { Journal } from "../world/journal.ts";

const count = z.number().int().min(0).max(1_000_000);

/** How many of the next things the server makes are false, each; 0 ends it. */
export const tamperingSchema = z
  .strictObject({
    /** Handshakes whose certificate chain another root signed. */
    noiseRoot: count,
    /** New devices whose identity the phone signed wrongly. */
    advSignature: count,
    /** New devices whose signed identity has a wrong HMAC. */
    advHmac: count,
    /** Ciphertexts for linked devices with a flipped byte. */
    signalMessage: count,
    /** Key bundles whose signed pre-key has a wrong signature. */
    signalBundle: count,
    /** Webhooks with a wrong signature. */
    webhookSignature: count,
  })
  .partial();
export type TamperingSettings = z.output<typeof tamperingSchema>;

/** What the server falsifies on purpose, so that a client can show that it looks. */
export class Tampering {
  readonly #left = new Map<string, number>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** What is still to be falsified. */
  get inForce(): TamperingSettings {
    return tamperingSchema.parse(Object.fromEntries(this.#left));
  }

  /** Sets the named counts and leaves the others. */
  set(settings: TamperingSettings): void {
    for (const [kind, times] of Object.entries(settings)) {
      if (times) this.#left.set(kind, times);
      else this.#left.delete(kind);
    }
  }

  clear(): void {
    this.#left.clear();
  }

  /** Whether the next thing of this kind is to be false; each yes counts down and is written in the journal. */
  takes(kind: keyof TamperingSettings): boolean {
    const left = this.#left.get(kind);
    if (left === undefined) return false;
    if (left > 1) this.#left.set(kind, left - 1);
    else this.#left.delete(kind);
    this.#journal.record("fault", `Tampering: the next ${kind} is false.`);
    return true;
  }
}
