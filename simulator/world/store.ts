import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Account, Entries, type Phone, type State, stateSchema } from "./schema.ts";

const SAVE_AFTER_MS = 250;
/** A save may take at most this part of the time, however large the state grows. */
const SAVE_DUTY = 10;

const load = (file: string): State | undefined => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${file} is not a state file of this simulator: move it away or name another`);
  }
};

/** Everything the simulator remembers: phones, accounts and the secret; in a file when it was given one. */
export class Store {
  readonly #file: string | undefined;
  readonly #state: State;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #pause = SAVE_AFTER_MS;
  #generation = 0;
  #closed = false;

  /** Throws when the file exists but is not a state of this version. */
  constructor(file?: string) {
    this.#file = file;
    if (file) mkdirSync(dirname(file), { recursive: true });
    this.#state = (file && load(file)) || {
      version: 1,
      secret: randomBytes(32).toString("base64"),
      phones: new Entries(),
      accounts: new Entries(),
    };
    this.saveNow();
  }

  get secret(): Buffer {
    return Buffer.from(this.#state.secret, "base64");
  }

  get accounts(): Entries<Account> {
    return this.#state.accounts;
  }

  /** The phone with this number; made on first mention, for every number is on WhatsApp unless told otherwise. */
  phone(number: string): Phone {
    let phone = this.#state.phones.get(number);
    if (!phone) {
      phone = {
        phone: number,
        name: null,
        onWhatsApp: true,
        readReceipts: true,
        addressing: "pn",
        nextPreKeyId: 1,
        sessions: new Entries(),
        chats: new Entries(),
      };
      this.#state.phones.set(number, phone);
    }
    return phone;
  }

  /** The phone with this number if anybody mentioned it before. */
  knownPhone(number: string): Phone | undefined {
    return this.#state.phones.get(number);
  }

  /** The account of this number, made when it is new. */
  openAccount(number: string): Account {
    let account = this.#state.accounts.get(number);
    if (!account) {
      account = {
        phone: number,
        nextDeviceId: 1,
        devices: new Entries(),
        delays: { ackMs: 0, deliveredMs: 400, readMs: 1200 },
        sent: new Entries(),
        appState: new Entries(),
      };
      this.#state.accounts.set(number, account);
    }
    return account;
  }

  /** Something changed: the file follows within about a quarter of a second. */
  touch(): void {
    if (!this.#file || this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#save());
    }, this.#pause);
  }

  /** Writes the file before returning: for what must not be forgotten even by kill -9 (accounts and linked devices). */
  saveNow(): void {
    if (!this.#file) return;
    this.#generation++;
    const draft = `${this.#file}.now`;
    writeFileSync(draft, JSON.stringify(this.#state), { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  /** The last save. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.saveNow();
  }

  async #save(): Promise<void> {
    if (!this.#file || this.#closed) return;
    const began = performance.now();
    const generation = this.#generation;
    const text = JSON.stringify(this.#state);
    this.#pause = Math.max(SAVE_AFTER_MS, (performance.now() - began) * SAVE_DUTY);
    const draft = `${this.#file}.next`;
    try {
      await writeFile(draft, text, { mode: 0o600 });
      // Must be one synchronous step: what saveNow wrote meanwhile is newer than this draft.
      if (generation === this.#generation) renameSync(draft, this.#file);
    } catch (error) {
      process.stderr.write(`simulator: could not save its state: ${error}\n`);
    }
  }
}
