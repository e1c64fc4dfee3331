import { z } from "zod";

const count = z.number().int().min(1).max(1_000_000);
const share = z.number().min(0).max(1);
const loss = z.union([
  z.strictObject({ probability: share, seed: z.number().int().optional() }),
  z.strictObject({ count }),
]);

/** What can be made to go wrong for one account; each entry that counts down disappears at zero. */
export const faultsSchema = z
  .strictObject({
    /** The server takes the message and the client never hears so. */
    loseAcks: loss,
    /** Receipts vanish between the server and the client, for good. */
    loseReceipts: loss,
    /** The server refuses messages with this code; the recipient gets nothing. */
    nack: z.strictObject({ code: z.number().int().min(400).max(599), count }),
    /** Cut the connection when the next messages arrive, without taking them. */
    dropBefore: count,
    /** Take the next messages, then cut the connection instead of answering. */
    dropAfter: count,
    /** Answer the WebSocket upgrade with this HTTP status. */
    refuseUpgrade: z.strictObject({ status: z.number().int().min(400).max(599), count }),
  })
  .partial();
export type FaultSettings = z.output<typeof faultsSchema>;
type Loss = z.output<typeof loss>;

/** A repeatable stream of numbers in [0, 1) (mulberry32). */
const randomStream = (seed: number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** The faults of one account, as they stand. */
export class Faults {
  #settings: FaultSettings = {};
  readonly #random = new Map<"loseAcks" | "loseReceipts", () => number>();

  /** The faults in force, counts as far as they have run. */
  get inForce(): FaultSettings {
    return structuredClone(this.#settings);
  }

  /** Sets the named faults and leaves the others. */
  set(settings: FaultSettings): void {
    this.#settings = { ...this.#settings, ...settings };
    for (const name of ["loseAcks", "loseReceipts"] as const) {
      const fault = settings[name];
      if (fault && "probability" in fault) this.#random.set(name, randomStream(fault.seed ?? Date.now()));
    }
  }

  clear(): void {
    this.#settings = {};
  }

  losesAck(): boolean {
    return this.#loses("loseAcks", this.#settings.loseAcks);
  }

  losesReceipt(): boolean {
    return this.#loses("loseReceipts", this.#settings.loseReceipts);
  }

  /** The code to refuse this message with. */
  nack(): string | undefined {
    const { nack } = this.#settings;
    if (!nack) return undefined;
    this.#settings.nack = nack.count > 1 ? { ...nack, count: nack.count - 1 } : undefined;
    return String(nack.code);
  }

  /** Whether the connection is cut at this message. */
  drops(when: "dropBefore" | "dropAfter"): boolean {
    const left = this.#settings[when];
    if (!left) return false;
    this.#settings[when] = left > 1 ? left - 1 : undefined;
    return true;
  }

  /** The HTTP status to answer this upgrade with. */
  refusedUpgrade(): number | undefined {
    const refuse = this.#settings.refuseUpgrade;
    if (!refuse) return undefined;
    this.#settings.refuseUpgrade = refuse.count > 1 ? { ...refuse, count: refuse.count - 1 } : undefined;
    return refuse.status;
  }

  #loses(name: "loseAcks" | "loseReceipts", fault: Loss | undefined): boolean {
    if (!fault) return false;
    if ("probability" in fault) return (this.#random.get(name)?.() ?? 1) < fault.probability;
    this.#settings[name] = fault.count > 1 ? { count: fault.count - 1 } : undefined;
    return true;
  }
}
