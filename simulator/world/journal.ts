import { type BinaryNode, binaryNodeToString } from "@whiskeysockets/baileys";

/** Something worth knowing about what a client did. */
export interface JournalEntry {
  /** Milliseconds since 1970, simulated time. */
  at: number;
  /** Which device it was about, when it is known. */
  account: string | null;
  device: number | null;
  what: "unknown stanza" | "unknown question" | "undecryptable" | "refused" | "fault";
  /** One sentence; for stanzas their text form. */
  text: string;
}

const KEPT = 1000;
const LONGEST = 4000;

/** What clients asked that this simulator does not have, and what was done to them on purpose: nothing is swallowed. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Writes something down; what a client said that is not known goes to the process's error output too. */
  record(what: JournalEntry["what"], about: string | BinaryNode, who?: { phone: string; device?: number }): void {
    const text = (typeof about === "string" ? about : binaryNodeToString(about)).slice(0, LONGEST);
    const entry = { at: this.#now(), account: who?.phone ?? null, device: who?.device ?? null, what, text };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    if (what === "unknown stanza" || what === "unknown question") {
      process.stderr.write(`simulator: ${what}: ${text}\n`);
    }
  }

  list(): JournalEntry[] {
    return [...this.#entries];
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
