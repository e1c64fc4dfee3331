import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Business, businessSchema } from "../graph/schema.ts";
import type { Group } from "../groups/schema.ts";
import { Entries } from "./entries.ts";
import { type Account, type Certificate, type Phone, type State, stateSchema } from "./schema.ts";

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

const secretOf = (seed: string | undefined): string =>
  (seed === undefined ? randomBytes(32) : createHash("sha256").update(`simulator\n${seed}`).digest()).toString(
    "base64",
  );

const empty = (seed: string | undefined): State => ({
  version: 1,
  secret: secretOf(seed),
  seed: seed ?? null,
  runs: 0,
  ahead: 0,
  phones: new Entries(),
  accounts: new Entries(),
  groups: new Entries(),
  business: businessSchema.parse({}),
  authority: null,
  mediaPort: null,
});

/** Everything the simulator remembers: phones, accounts and the secret; in a file when it was given one. */
export class Store {
  readonly #file: string | undefined;
  readonly #state: State;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #pause = SAVE_AFTER_MS;
  #generation = 0;
  #closed = false;
  readonly #listeners = new Set<() => void>();

  /**
   * `seed` decides the secret of a new state; a file keeps its own. Throws when the file exists but is not a state of this
   * version, or belongs to another seed.
   */
  constructor(file?: string, seed?: string) {
    this.#file = file;
    if (file) mkdirSync(dirname(file), { recursive: true });
    this.#state = (file && load(file)) || empty(seed);
    if (seed !== undefined && this.#state.secret !== secretOf(seed)) {
      throw new Error(`${file} was begun with another seed: move it away or start without --seed`);
    }
    this.#state.runs++;
    this.saveNow();
  }

  /** How often a simulator was started on this state. */
  get runs(): number {
    return this.#state.runs;
  }

  get seed(): string | null {
    return this.#state.seed;
  }

  /** Milliseconds the simulated clock is ahead of the real one. */
  get ahead(): number {
    return this.#state.ahead;
  }

  set ahead(ms: number) {
    this.#state.ahead = ms;
    this.saveNow();
  }

  get groups(): Entries<Group> {
    return this.#state.groups;
  }

  get business(): Business {
    return this.#state.business;
  }

  set business(business: Business) {
    this.#state.business = business;
    this.touch();
  }

  get phones(): Entries<Phone> {
    return this.#state.phones;
  }

  /** Who signs the certificate of the media server. */
  get authority(): Certificate | null {
    return this.#state.authority;
  }

  set authority(authority: Certificate) {
    this.#state.authority = authority;
    this.saveNow();
  }

  /** Where the media server listened last; null when it never did. */
  get mediaPort(): number | null {
    return this.#state.mediaPort;
  }

  set mediaPort(port: number) {
    this.#state.mediaPort = port;
    this.saveNow();
  }

  /** Forgets everybody and the travelled time; the secret, the certificates and the count of starts stay. */
  reset(): void {
    const { secret, seed, runs, authority, mediaPort } = this.#state;
    Object.assign(this.#state, empty(undefined), { secret, seed, runs, authority, mediaPort });
    this.#changed();
    this.saveNow();
  }

  /** Calls back after every change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
        online: true,
        generation: 0,
        aliasOf: null,
        nextPreKeyId: 1,
        sessions: new Entries(),
        chats: new Entries(),
        held: [],
        senderKeys: new Entries(),
        ownSenderKeys: new Entries(),
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
        passkey: false,
        limits: { reachout: null, newChats: null },
        privacy: new Entries(),
        blocked: [],
        sent: new Entries(),
        appState: new Entries(),
      };
      this.#state.accounts.set(number, account);
    }
    return account;
  }

  /** Something changed: the file follows within about a quarter of a second. */
  touch(): void {
    this.#changed();
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

  #changed(): void {
    for (const listener of this.#listeners) listener();
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
