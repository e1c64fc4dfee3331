import makeWASocket, {
  type AuthenticationState,
  type BinaryNode,
  Browsers,
  initAuthCreds,
  type SignalDataSet,
  type SignalDataTypeMap,
  type UserFacingSocketConfig,
  WA_CERT_DETAILS,
  type WAMessage,
} from "@whiskeysockets/baileys";
import pino from "pino";
import type { SimulatorClient } from "../client.ts";

// libsignal prints session records, private keys included.
Object.assign(console, { info: () => undefined, warn: () => undefined });

const PATIENCE_MS = 60_000;

/** Waits until `probe` gives something, asking every 20 ms. */
export const until = async <T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  patienceMs = PATIENCE_MS,
) => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Credentials and keys that live as long as the test. */
export const memoryAuth = (): AuthenticationState => {
  const kept = new Map<string, unknown>();
  return {
    creds: initAuthCreds(),
    keys: {
      get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
        const found: Record<string, SignalDataTypeMap[T]> = {};
        for (const id of ids) {
          const value = kept.get(`${type}/${id}`);
          // Only `set` below writes here, under the same type.
          if (value) found[id] = value as SignalDataTypeMap[T];
        }
        return found;
      },
      set: async (data: SignalDataSet) => {
        for (const [type, rows] of Object.entries(data)) {
          for (const [id, value] of Object.entries(rows ?? {})) {
            if (value) kept.set(`${type}/${id}`, value);
            else kept.delete(`${type}/${id}`);
          }
        }
      },
    },
  };
};

/** A real Baileys socket and what it said so far. */
export const connect = (
  simulator: SimulatorClient,
  auth: AuthenticationState,
  options: Partial<UserFacingSocketConfig> = {},
) => {
  const sock = makeWASocket({
    auth,
    logger: pino({ level: "silent" }),
    browser: Browsers.ubuntu("Chrome"),
    waWebSocketUrl: simulator.webSocketUrl,
    emitOwnEvents: false,
    ...options,
  });
  const seen = {
    qr: undefined as string | undefined,
    open: false,
    caughtUp: false,
    closed: undefined as number | undefined,
    acks: [] as BinaryNode["attrs"][],
    /** Every message stanza as it came, readable or not. */
    stanzas: [] as BinaryNode["attrs"][],
    /** Every receipt as it came: Baileys folds statuses that come close together into the highest. */
    receipts: [] as BinaryNode["attrs"][],
    statuses: new Map<string, number[]>(),
    messages: [] as { type: string; message: WAMessage }[],
  };
  sock.ws.on("CB:ack,class:message", (ack: BinaryNode) => seen.acks.push(ack.attrs));
  sock.ws.on("CB:message", (stanza: BinaryNode) => seen.stanzas.push(stanza.attrs));
  sock.ws.on("CB:receipt", (receipt: BinaryNode) => seen.receipts.push(receipt.attrs));
  sock.ev.on("creds.update", (update) => Object.assign(auth.creds, update));
  sock.ev.on("connection.update", (update) => {
    if (update.qr) seen.qr = update.qr;
    if (update.connection === "open") seen.open = true;
    if (update.receivedPendingNotifications) seen.caughtUp = true;
    if (update.connection === "close") {
      const error = update.lastDisconnect?.error;
      const output: unknown = error && "output" in error ? error.output : undefined;
      const known = typeof output === "object" && output !== null && "statusCode" in output;
      seen.closed = known ? Number(output.statusCode) : -1;
    }
  });
  sock.ev.on("messages.update", (updates) => {
    for (const { key, update } of updates) {
      if (!key.id || typeof update.status !== "number") continue;
      seen.statuses.set(key.id, [...(seen.statuses.get(key.id) ?? []), update.status]);
    }
  });
  sock.ev.on("messages.upsert", ({ messages, type }) => {
    for (const message of messages) seen.messages.push({ type, message });
  });
  return { sock, seen, auth };
};
export type BaileysClient = ReturnType<typeof connect>;

/** The types of the receipts for one message; "delivered" is what has no type on the wire. */
export const receiptsOf = (client: BaileysClient, id: string): string[] =>
  client.seen.receipts.filter((receipt) => receipt.id === id).map(({ type }) => type ?? "delivered");

/** The texts that came in, without the phone's own protocol messages. */
export const textsOf = (client: BaileysClient): { text: string; type: string; id: string }[] =>
  client.seen.messages.flatMap(({ type, message }) => {
    const text = message.message?.conversation;
    return text && !message.key.fromMe ? [{ text, type, id: message.key.id ?? "" }] : [];
  });

/** Waits for a login that is ready to work: open, and the offline backlog is in. */
export const ready = async (client: BaileysClient): Promise<BaileysClient> => {
  await until("the socket to open", () => client.seen.open && client.seen.caughtUp);
  return client;
};

/** Closes a socket and waits until the simulator noticed. */
export const leave = async (simulator: SimulatorClient, phone: string, client: BaileysClient): Promise<void> => {
  await client.sock.end(undefined);
  await until("the simulator to see it go", async () => (await simulator.connections(phone)).live === 0);
};

/** Trusts the simulator's root, links a new device to the number by QR, and logs it in. */
export const link = async (
  simulator: SimulatorClient,
  phone: string,
  options: Partial<UserFacingSocketConfig> = {},
): Promise<BaileysClient> => {
  const { publicKey } = await simulator.trust();
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(publicKey, "base64");
  await simulator.openAccount(phone, "Ani");
  const auth = memoryAuth();
  const pairing = connect(simulator, auth, options);
  const qr = await until("a QR code", () => pairing.seen.qr);
  await simulator.scan(phone, qr);
  const code = await until("the restart after pairing", () => pairing.seen.closed);
  if (code !== 515) throw new Error(`pairing ended with ${code}`);
  return ready(connect(simulator, auth, options));
};
