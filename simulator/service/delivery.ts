import type { BinaryNode } from "@whiskeysockets/baileys";
import { spoiled } from "../faults/ciphertext.ts";
import { calm, type Passage, pass } from "../faults/lanes.ts";
import type { Connection } from "../wire/connection.ts";
import { node, pack, SERVER, unpack } from "../wire/nodes.ts";
import type { Account, Device, Pending } from "../world/schema.ts";
import type { Store } from "../world/store.ts";
import type { Client, Context } from "./context.ts";

/** How often an account's devices logged in, and how many sockets one device held at once. */
export interface ConnectionFigures {
  live: number;
  maxLivePerDevice: number;
  logins: number;
}

/** How long a stanza that is to come out of order waits for the one that should come first. */
const MESSAGE_PATIENCE_MS = 10_000;
const RECEIPT_PATIENCE_MS = 30_000;

/** The lane of a stanza; retry requests, notifications and what the own phone sends are never mishandled. */
const passageOf = (
  key: string,
  device: Device,
  { kind }: Pending,
  { attrs }: BinaryNode,
  send: () => void,
): Passage | undefined => {
  const { id = "", type, participant = "" } = attrs;
  const about = [key, `device ${device.id}`];
  if (kind === "message") {
    const order = { waitsFor: "message", frees: "message", patienceMs: MESSAGE_PATIENCE_MS };
    return { lane: "Messages", about, ...order, send };
  }
  if (kind !== "receipt" || type === "retry") return undefined;
  const read = `read:${id}:${participant}`;
  const order = type === "read" ? { frees: read } : { waitsFor: read };
  return { lane: "Receipts", about, ...order, patienceMs: RECEIPT_PATIENCE_MS, send };
};

const clientKey = (account: Account, device: Device): string => `${account.phone}:${device.id}`;

/** The stanzas a device confirms, and the connection they go over: at least once, across disconnects and restarts. */
export class Delivery {
  readonly #store: Store;
  readonly #ctx: () => Context;
  readonly #live = new Map<string, Client>();
  readonly #byConnection = new Map<Connection, Client>();
  readonly #figures = new Map<string, { maxLivePerDevice: number; logins: number }>();

  /** `ctx` gives what this is a part of. */
  constructor(store: Store, ctx: () => Context) {
    this.#store = store;
    this.#ctx = ctx;
  }

  /** Takes a logged-in connection; an older one of the same device is told that it was replaced. */
  attach(account: Account, device: Device, connection: Connection): Client {
    const key = clientKey(account, device);
    const older = this.#live.get(key);
    const figures = this.#figures.get(account.phone) ?? { maxLivePerDevice: 0, logins: 0 };
    figures.logins++;
    figures.maxLivePerDevice = Math.max(figures.maxLivePerDevice, older && !older.connection.frozen ? 2 : 1);
    this.#figures.set(account.phone, figures);
    if (older) {
      this.detach(older.connection);
      older.connection.end(node("stream:error", {}, [node("conflict", { type: "replaced" })]));
    }
    const client: Client = { account, device, connection, active: false, held: new Map() };
    this.#live.set(key, client);
    this.#byConnection.set(connection, client);
    return client;
  }

  detach(connection: Connection): void {
    const client = this.#byConnection.get(connection);
    if (!client) return;
    this.#byConnection.delete(connection);
    this.#live.delete(clientKey(client.account, client.device));
  }

  /** Forgets who is there and who was: for a world that begins anew. */
  reset(): void {
    this.#live.clear();
    this.#byConnection.clear();
    this.#figures.clear();
  }

  clientOf(connection: Connection): Client | undefined {
    return this.#byConnection.get(connection);
  }

  liveClients(account: Account): Client[] {
    return [...this.#live.values()].filter((client) => client.account === account);
  }

  figures(account: Account): ConnectionFigures {
    const figures = this.#figures.get(account.phone) ?? { maxLivePerDevice: 0, logins: 0 };
    return { live: this.liveClients(account).length, ...figures };
  }

  /** Queues a stanza until the device confirms it, and sends it at once if the device is there. */
  push(account: Account, device: Device, key: string, stanza: BinaryNode, rest: Partial<Pending> = {}): void {
    const pending: Pending = { kind: "message", attempts: 0, retries: 0, origin: null, ...rest, node: pack(stanza) };
    device.pending.set(key, pending);
    this.#store.touch();
    const client = this.#live.get(clientKey(account, device));
    if (client?.active) this.#pass(client, key, pending, stanza);
  }

  /** Puts a queued stanza on the wire again, after it was changed. */
  again(account: Account, device: Device, pending: Pending): void {
    this.#store.touch();
    const client = this.#live.get(clientKey(account, device));
    if (client?.active) this.#send(client, pending, unpack(pending.node));
  }

  confirm(device: Device, key: string): void {
    if (device.pending.delete(key)) this.#store.touch();
  }

  /** Sends what waited, marked as offline, then how much that was; what the phone itself sends comes after it. */
  activate(client: Client): void {
    client.active = true;
    const waiting = [...client.device.pending];
    const backlog = waiting.filter(([, pending]) => pending.kind !== "peer");
    for (const [index, [key, pending]] of backlog.entries()) {
      const stanza = unpack(pending.node);
      this.#pass(client, key, pending, { ...stanza, attrs: { ...stanza.attrs, offline: String(index) } });
    }
    client.connection.send(node("ib", { from: SERVER }, [node("offline", { count: String(backlog.length) })]));
    for (const [, pending] of waiting) if (pending.kind === "peer") this.#send(client, pending, unpack(pending.node));
  }

  /** Sends a receipt or a message the way the account's faults say. */
  #pass(client: Client, key: string, pending: Pending, stanza: BinaryNode): void {
    const ctx = this.#ctx();
    const send = () => this.#send(client, pending, stanza);
    const passage = calm(ctx, client) ? undefined : passageOf(key, client.device, pending, stanza, send);
    if (passage) pass(ctx, client, passage);
    else send();
  }

  #send(client: Client, pending: Pending, stanza: BinaryNode): void {
    const ctx = this.#ctx();
    const made = pending.kind === "message" && ctx.tampering.takes("signalMessage") ? spoiled(stanza) : stanza;
    if (client.connection.send(made)) pending.attempts++;
  }
}
