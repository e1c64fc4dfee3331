import type { BinaryNode, proto } from "@whiskeysockets/baileys";
import type { WebSocket } from "ws";
import { handleAck, handleReceipt } from "../chats/inbound.ts";
import { handleMessage } from "../chats/messages.ts";
import { resumeReceipts } from "../chats/receipts.ts";
import { Faults } from "../faults/faults.ts";
import { Tampering } from "../faults/tampering.ts";
import { Upgrades } from "../faults/upgrades.ts";
import { resumeGroupReceipts } from "../groups/receipts.ts";
import { resumeLimits } from "../limits/limits.ts";
import { MediaStorage } from "../media/storage.ts";
import { Pairing } from "../pairing/pairing.ts";
import { handleIq } from "../queries/queries.ts";
import { Connection } from "../wire/connection.ts";
import { lidJid } from "../wire/jids.ts";
import { node, seconds } from "../wire/nodes.ts";
import { forgedIdentity, type ServerIdentity, serverIdentity } from "../wire/noise.ts";
import { Clock } from "../world/clock.ts";
import { Journal } from "../world/journal.ts";
import { Random } from "../world/random.ts";
import { SignalPhones } from "../world/signal.ts";
import { Store } from "../world/store.ts";
import type { Client, Context } from "./context.ts";
import { Delivery } from "./delivery.ts";
import { removeDevice } from "./devices.ts";
import { MessageNames } from "./names.ts";
import { WorkQueue } from "./work.ts";

/** What WhatsApp hears without a word: who is there, who types, which session of the client this is. */
const UNANSWERED = new Set(["presence", "chatstate", "ib"]);
/** How long an end waits at most for messages that were acked but not decrypted yet: some thousands. */
const READ_OUT_MS = 30_000;

/** A local WhatsApp: give it the WebSockets of clients, and drive the phones through `ctx` and `pairing`. */
export class Service {
  readonly ctx: Context;
  readonly pairing: Pairing;
  readonly identity: ServerIdentity;
  readonly #connections = new Set<Connection>();
  /** Above zero nobody is let in: who came now would be of the world that ends. */
  #ending = 0;
  readonly #faults = new Map<string, Faults>();
  readonly upgrades = new Upgrades(this.#faults);

  /**
   * `stateFile` is where it remembers; without one it forgets everything at the end. `seed` decides every id, delay and
   * fault. Throws when the file is no state, or one of another seed.
   */
  constructor(stateFile?: string, seed?: string) {
    const store = new Store(stateFile, seed);
    const clock = new Clock(store.ahead);
    const journal = new Journal(() => clock.now());
    this.identity = serverIdentity(store.secret);
    this.ctx = {
      store,
      clock,
      random: new Random(store.secret, store.runs),
      journal,
      signal: new SignalPhones(store),
      delivery: new Delivery(store, () => this.ctx),
      work: new WorkQueue(),
      media: new MediaStorage(stateFile, () => clock.now()),
      names: new MessageNames(store),
      faultsOf: (phone) => this.#faultsOf(phone),
      tampering: new Tampering(journal),
    };
    this.pairing = new Pairing(this.ctx);
    resumeReceipts(this.ctx);
    resumeGroupReceipts(this.ctx);
    resumeLimits(this.ctx);
  }

  /** How many WebSockets are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Travels into the future; what falls due on the way happens at once. */
  advance(ms: number): void {
    this.ctx.clock.advance(ms);
    this.ctx.store.ahead = this.ctx.clock.ahead;
  }

  /** Cuts every connection and forgets everybody; the root key and the seed stay. */
  async reset(): Promise<void> {
    this.#ending++;
    this.#cut();
    await this.ctx.work.idle(READ_OUT_MS);
    this.#ending--;
    this.ctx.delivery.reset();
    this.#faults.clear();
    this.ctx.names.clear();
    this.ctx.tampering.clear();
    this.ctx.clock.clear();
    this.ctx.clock.advance(-this.ctx.clock.ahead);
    this.ctx.journal.clear();
    this.ctx.media.reset();
    this.ctx.store.reset();
  }

  /** Takes a client's WebSocket. */
  accept(socket: WebSocket): void {
    if (this.#ending > 0) {
      socket.terminate();
      return;
    }
    const identity = this.ctx.tampering.takes("noiseRoot") ? forgedIdentity(this.ctx.store.secret) : this.identity;
    const connection = new Connection(socket, identity, {
      onClient: (from, payload) => this.#greet(from, payload),
      onNode: (from, stanza) => this.#route(from, stanza),
      onClose: (gone) => {
        this.#connections.delete(gone);
        this.pairing.leave(gone);
        this.ctx.delivery.detach(gone);
      },
    });
    this.#connections.add(connection);
  }

  /** Cuts every connection, lets the phones read what was already taken, and saves. */
  async close(): Promise<void> {
    this.#ending++;
    this.#cut();
    await this.ctx.work.idle(READ_OUT_MS);
    this.ctx.store.close();
  }

  #cut(): void {
    for (const connection of this.#connections) connection.drop();
    this.upgrades.cut();
  }

  #faultsOf(phone: string): Faults {
    const faults = this.#faults.get(phone) ?? new Faults(phone, this.ctx);
    this.#faults.set(phone, faults);
    return faults;
  }

  #greet(connection: Connection, payload: proto.ClientPayload): void {
    if (payload.devicePairingData) this.pairing.apply(connection, payload.devicePairingData);
    else this.#logIn(connection, `+${payload.username}`, payload.device ?? 0);
  }

  #logIn(connection: Connection, number: string, deviceId: number): void {
    const account = this.ctx.store.accounts.get(number);
    const device = account?.devices.get(String(deviceId));
    const proven = device?.noiseKey === connection.clientStatic.toString("base64");
    const fault = proven && this.#faults.get(number)?.strikes("failLogins", "the login of device", String(deviceId));
    if (account && device && fault) {
      if (fault.reason === 401) removeDevice(this.ctx, account, device);
      connection.end(node("failure", { reason: String(fault.reason), location: "sim" }));
    } else if (account && device && proven) {
      this.ctx.delivery.attach(account, device, connection);
      const lid = lidJid(account.phone, device.id);
      connection.send(node("success", { t: seconds(this.ctx.clock.now()), lid, location: "sim" }));
    } else {
      connection.end(node("failure", { reason: "401", location: "sim" }));
    }
  }

  #route(connection: Connection, stanza: BinaryNode): void {
    if (this.pairing.hear(connection, stanza)) return;
    const client = this.ctx.delivery.clientOf(connection);
    if (!client) {
      this.ctx.journal.record("unknown stanza", stanza);
      return;
    }
    if (stanza.tag === "iq") handleIq(this.ctx, client, stanza);
    else if (stanza.tag === "message") handleMessage(this.ctx, client, stanza);
    else if (stanza.tag === "receipt") handleReceipt(this.ctx, client, stanza);
    else if (stanza.tag === "ack") handleAck(this.ctx, client, stanza);
    else if (!UNANSWERED.has(stanza.tag)) this.#unknown(client, stanza);
  }

  #unknown(client: Client, stanza: BinaryNode): void {
    const { account, device } = client;
    this.ctx.journal.record("unknown stanza", stanza, { phone: account.phone, device: device.id });
    const { id, from, type } = stanza.attrs;
    const t = seconds(this.ctx.clock.now());
    // WhatsApp acks what it does not act on, by the class of the stanza.
    if (id) client.connection.send(node("ack", { class: stanza.tag, id, to: from, type, t }));
  }
}
