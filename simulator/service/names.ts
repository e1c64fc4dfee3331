import type { Store } from "../world/store.ts";

/**
 * What messages are called when something is left to chance. Clients make up their ids by real chance, so each message is
 * known by who wrote it to whom, and as which: the same in every run in which the same is sent in the same order.
 */
export class MessageNames {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** Names what was sent in earlier runs on this state. */
  constructor(store: Store) {
    for (const account of store.accounts.values()) {
      for (const [peer, messages] of account.sent) {
        for (const id of messages.keys()) this.add(account.phone, peer, id);
      }
    }
  }

  /** Names a message of an account at first sight; once more is the same as once. */
  add(account: string, peer: string, id: string): void {
    if (this.#names.has(id)) return;
    const pair = `${account} to ${peer}`;
    const count = (this.#counts.get(pair) ?? 0) + 1;
    this.#counts.set(pair, count);
    this.#names.set(id, `${pair}, message ${count}`);
  }

  /** The same words with the names of messages in place of their ids. */
  in(words: readonly string[]): string[] {
    return words.map((text) => text.replace(/[^ :]+/g, (word) => this.#names.get(word) ?? word));
  }

  clear(): void {
    this.#names.clear();
    this.#counts.clear();
  }
}
