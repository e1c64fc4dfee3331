import type { Duplex } from "node:stream";
import type { Faults } from "./faults.ts";

/** The WebSocket upgrades that faults refuse or leave without an answer. */
export class Upgrades {
  readonly #faults: ReadonlyMap<string, Faults>;
  readonly #hanging = new Set<Duplex>();

  /** `faults` are those of every account, by number. */
  constructor(faults: ReadonlyMap<string, Faults>) {
    this.#faults = faults;
  }

  /**
   * The HTTP status to refuse an upgrade with, or that it is never answered, if an account's faults say so. An upgrade does
   * not say who it is, so a fault of any account hits the next client of all, unless the client's URL names its number:
   * `/ws/chat?account=%2B62…`.
   */
  fault(account: string | null): number | "hang" | undefined {
    for (const [phone, faults] of this.#faults) {
      if (account !== null && account !== phone) continue;
      if (faults.strikes("hangUpgrade", "an upgrade")) return "hang";
      const refused = faults.strikes("refuseUpgrade", "an upgrade");
      if (refused) return refused.status;
    }
    return undefined;
  }

  /** Keeps a TCP connection whose upgrade is never answered, until the client gives up. */
  hang(socket: Duplex): void {
    this.#hanging.add(socket);
    socket.on("close", () => this.#hanging.delete(socket));
  }

  /** Cuts what hangs. */
  cut(): void {
    for (const socket of this.#hanging) socket.destroy();
  }
}
