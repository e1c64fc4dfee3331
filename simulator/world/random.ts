import { hkdfSync } from "node:crypto";

/**
 * Everything the simulator leaves to chance, decided by one secret: the n-th draw for a purpose is the same in every run
 * with that seed, whatever else happens in between. Only ephemeral keys (Noise, Signal ratchets) are really random.
 */
export class Random {
  readonly #secret: Uint8Array;
  readonly #run: number;
  readonly #draws = new Map<string, number>();

  /** `run` counts the starts on one state file, so that a restart does not draw the same ids again. */
  constructor(secret: Uint8Array, run: number) {
    this.#secret = secret;
    this.#run = run;
  }

  /** The next bytes for a purpose, such as `bytes(16, "message id", phone)`. */
  bytes(length: number, ...purpose: string[]): Buffer {
    const name = purpose.join("\n");
    const draw = this.#draws.get(name) ?? 0;
    this.#draws.set(name, draw + 1);
    return Buffer.from(hkdfSync("sha256", this.#secret, `${this.#run}.${draw}`, name, length));
  }

  /** The next number in [0, 1) for a purpose. */
  share(...purpose: string[]): number {
    return this.bytes(6, ...purpose).readUIntBE(0, 6) / 2 ** 48;
  }

  /** A message id as phones make them. */
  messageId(...purpose: string[]): string {
    return this.bytes(16, "message id", ...purpose)
      .toString("hex")
      .toUpperCase();
  }

  /** An id in the form of a UUID. */
  uuid(...purpose: string[]): string {
    const hex = this.bytes(16, "uuid", ...purpose).toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
}
