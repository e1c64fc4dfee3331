import type { BinaryNode, proto } from "@whiskeysockets/baileys";
import type { WebSocket } from "ws";
import { handleAck, handleReceipt } from "../chats/inbound.ts";
import { handleMessage } from "../chats/messages.ts";
import { resumeReceipts } from "../chats/receipts.ts";
import { handleIq } from "../queries/queries.ts";
import { Connection } from "../wire/connection.ts";
import { lidJid } from "../wire/jids.ts";
import { node, seconds } from "../wire/nodes.ts";
import { type ServerIdentity, serverIdentity } from "../wire/noise.ts";
import { Faults } from "../world/faults.ts";
import { SignalPhones } from "../world/signal.ts";
import { Store } from "../world/store.ts";
import type { Context } from "./context.ts";
import { Delivery } from "./delivery.ts";
import { Pairing } from "./pairing.ts";
import { WorkQueue } from "./work.ts";

/** How long the end waits for messages that were acked but not decrypted yet. */
const READ_OUT_MS = 500;

/** A local WhatsApp: give it the WebSockets of clients, and drive the phones through `ctx` and `pairing`. */
export class Service {
  readonly ctx: Context;
  readonly pairing = new Pairing();
  readonly identity: ServerIdentity;
  readonly #connections = new Set<Connection>();
  readonly #faults = new Map<string, Faults>();

  /** `stateFile` is where it remembers; without one it forgets everything at the end. */
  constructor(stateFile?: string) {
    const store = new Store(stateFile);
    this.identity = serverIdentity(store.secret);
    this.ctx = {
      store,
      signal: new SignalPhones(store),
      delivery: new Delivery(store),
      work: new WorkQueue(),
      faultsOf: (phone) => this.#faultsOf(phone),
    };
    resumeReceipts(this.ctx);
  }

  /** Takes a client's WebSocket. */
  accept(socket: WebSocket): void {
    const connection = new Connection(socket, this.identity, {
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

  /**
   * The status to refuse an upgrade with, if any account asks for that. An upgrade does not say who it is, so a fault of
   * any account hits the next client of all, unless the client's URL names its number: `/ws/chat?account=%2B62…`.
   */
  refusedUpgrade(account: string | null): number | undefined {
    const named = account === null ? [...this.#faults.values()] : [this.#faultsOf(account)];
    for (const faults of named) {
      const status = faults.refusedUpgrade();
      if (status) return status;
    }
    return undefined;
  }

  /** Cuts every connection, lets the phones read what was already taken, and saves. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.drop();
    await this.ctx.work.idle(READ_OUT_MS);
    this.ctx.store.close();
  }

  #faultsOf(phone: string): Faults {
    const faults = this.#faults.get(phone) ?? new Faults();
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
    if (account && device && proven) {
      this.ctx.delivery.attach(account, device, connection);
      const lid = lidJid(account.phone, device.id);
      connection.send(node("success", { t: seconds(), lid, location: "sim" }));
    } else {
      connection.end(node("failure", { reason: "401", location: "sim" }));
    }
  }

  #route(connection: Connection, stanza: BinaryNode): void {
    if (this.pairing.hear(connection, stanza)) return;
    const client = this.ctx.delivery.clientOf(connection);
    if (!client) return;
    if (stanza.tag === "iq") handleIq(this.ctx, client, stanza);
    else if (stanza.tag === "message") handleMessage(this.ctx, client, stanza);
    else if (stanza.tag === "receipt") handleReceipt(this.ctx, client, stanza);
    else if (stanza.tag === "ack") handleAck(this.ctx, client, stanza);
  }
}
