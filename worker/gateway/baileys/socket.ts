import "./quiet.ts";
import "./repairs/agreement.ts";
import "./repairs/trust.ts";
import makeWASocket, {
  type AuthenticationCreds,
  type BinaryNode,
  Browsers,
  type CacheStore,
  type PossiblyExtendedCacheStore,
  proto,
  S_WHATSAPP_NET,
  type WAMessageKey,
} from "@whiskeysockets/baileys";
import { LARGEST_GROUP } from "#server/groups/rules.ts";
import type { GroupQuestion, ListedGroup, ReadGroup } from "#server/groups/schema.ts";
import type { Log } from "#server/log.ts";
import type { OutboundFile } from "#server/media/uploads.ts";
import { LOGGED_OUT_BY_US, PASSKEY_ASKED } from "#server/wa/rules.ts";
import {
  type GatewayEvent,
  type Identity,
  NotWritten,
  type OutboundMessage,
  type Person,
  type Preparation,
} from "../gateway.ts";
import type { SessionAuth } from "./auth.ts";
import { createBacklog } from "./backlog.ts";
import { hasDevices, isPrepared, otherIdentity, prepareRecipients } from "./devices.ts";
import { groupCache, listGroups, membersOf, ownIdentities, readGroup } from "./groups.ts";
import { inboundFirst } from "./inbound.ts";
import { fromCapping, fromReachout, limitsOf } from "./limits.ts";
import { mediaUploads } from "./media/upload.ts";
import { findOnWhatsApp } from "./numbers.ts";
import { quietLogger } from "./quiet.ts";
import { fromAck, fromClose, fromReceipt, fromUpsert, isGroup, jidOf, phoneOf } from "./translate.ts";

type Closed = Extract<GatewayEvent, { type: "closed" }>;

/** What outlives the sockets of a session. */
export interface SocketMemory {
  auth: SessionAuth;
  devices: PossiblyExtendedCacheStore;
  retries: CacheStore;
  /** The encoded message that was sent under this id, for a recipient who could not read it. */
  encodedMessage(waMsgId: string): Promise<Uint8Array | undefined>;
}

export interface SocketOptions {
  /** Where to connect, and whose certificates its media servers have; undefined: WhatsApp itself. */
  webSocketUrl: string | undefined;
  ca: string | undefined;
  /** 0: WhatsApp's own rhythm. */
  qrTimeoutMs: number;
  /** How often WhatsApp is asked whether it is still there; a connection that is silent for half as long again is dead. */
  keepAliveMs: number;
  /** Link by a code that is typed on the phone with this number (E.164), in place of a QR. */
  codeFor: string | null;
  memory: SocketMemory;
  log: Log;
  /** Resolves when the event is in the database, or could not be brought there (false). */
  emit: (event: GatewayEvent) => Promise<boolean>;
}

/** One connection to WhatsApp, from its opening to its end. */
export interface Connection {
  /** Resolves once, when it is over. */
  readonly closed: Promise<Closed>;
  isOpen(): boolean;
  prepare(recipients: readonly Identity[], options?: { rebuild?: boolean }): Promise<Preparation>;
  isPrepared(recipient: Identity): Promise<boolean>;
  send(message: OutboundMessage): Promise<void>;
  /** Uploads a file. @returns the encoded media message, without a caption @throws when WhatsApp does not take it */
  upload(file: OutboundFile): Promise<Uint8Array>;
  /** Unlinks this device at WhatsApp. The connection closes with 401. @throws when WhatsApp did not say that it is done */
  logout(): Promise<void>;
  /** Asks which numbers (E.164) have WhatsApp. @throws when WhatsApp does not answer */
  findOnWhatsApp(phones: readonly string[]): Promise<Set<string>>;
  /** The groups this phone is in. @throws when WhatsApp does not answer */
  listGroups(): Promise<ListedGroup[]>;
  /** Who is in a group that this phone is in. It never joins one. @throws GroupRefused, or when WhatsApp does not answer */
  readGroup(asked: GroupQuestion): Promise<ReadGroup>;
  /** Everybody in a group, under each identity shown of them. @throws GroupRefused, or when WhatsApp does not answer */
  membersOf(group: Identity): Promise<Person[]>;
  otherIdentity(of: Identity): Promise<Person | null>;
  /** Asks what WhatsApp forbids the account at this time; the answers are events. */
  askLimits(): Promise<void>;
  end(): Promise<void>;
}

const FIRST_QR_MS = 60_000;
const NEXT_QR_MS = 20_000;
const CODES = 6;
/** For the WebSocket to open. */
const OPEN_MS = 20_000;
/** From the start to a QR code or a login. An HTTP error instead of the WebSocket would otherwise wait for ever. */
const CONNECT_MS = 45_000;
const END_MS = 1_000;
const LOGGED_OUT = 401;
const loggedOutByUs: Closed = { type: "closed", code: LOGGED_OUT, reason: LOGGED_OUT_BY_US };
/** What WhatsApp tells a device that is being linked to an account behind a passkey: its beginning and what follows. */
const PASSKEY_NOTICES = ["passkey_prologue_request", "crsc_continuation"];

/** Asking for a pairing code names the account before it is linked; a login under that name would be refused for good. */
function forgetHalfLinked(creds: AuthenticationCreds): void {
  if (creds.account) return;
  delete creds.me;
  creds.pairingCode = undefined;
  creds.registered = false;
}

/** Opens one socket. It never reconnects; who opened it decides that. */
export function openConnection(options: SocketOptions): Connection {
  const { webSocketUrl, qrTimeoutMs, keepAliveMs, codeFor, memory, log } = options;
  const emit = (event: GatewayEvent) => void options.emit(event);
  const { auth } = memory;
  forgetHalfLinked(auth.state.creds);
  const inbound = inboundFirst(
    () => auth.state.creds.me,
    options.emit,
    (id) => backlog.read(id),
  );
  const logger = quietLogger(log);
  const groups = groupCache((jid) => sock.groupMetadata(jid));
  const sock = makeWASocket({
    ...(webSocketUrl === undefined ? {} : { waWebSocketUrl: webSocketUrl }),
    ...(qrTimeoutMs > 0 ? { qrTimeout: qrTimeoutMs } : {}),
    auth: auth.state,
    browser: Browsers.ubuntu("Chrome"),
    logger,
    // With own events on, statuses that come within 100 ms are folded into them and lost.
    emitOwnEvents: false,
    markOnlineOnConnect: false,
    syncFullHistory: false,
    defaultQueryTimeoutMs: 20_000,
    // Baileys would guard each frame that it writes: a timer and the texts of three stacks for each. That WhatsApp does not
    // open, does not answer or falls silent is seen to below, and whatever waits to be written ends with the connection.
    connectTimeoutMs: 0,
    keepAliveIntervalMs: keepAliveMs,
    // The store waits out a short absence of the database itself, and keeps the order of its writes while it does.
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
    userDevicesCache: memory.devices,
    msgRetryCounterCache: memory.retries,
    cachedGroupMetadata: groups.get,
    makeSignalRepository: inbound.makeRepository,
    getMessage: async (key: WAMessageKey) => {
      const encoded = key.id ? await memory.encodedMessage(key.id) : undefined;
      // An empty message in place of undefined would use up the recipient's retry.
      return encoded && proto.Message.decode(encoded);
    },
  });

  let qrs = 0;
  const backlog = createBacklog(
    () => inbound.isKeeping(),
    () => emit({ type: "ready" }),
  );
  let unlinking = false;

  let settle: (event: Closed) => void = () => {};
  const over = new Promise<Closed>((resolve) => {
    settle = resolve;
  });
  const watchdog = setTimeout(() => void end(new Error("no answer")), CONNECT_MS);
  const opening = setTimeout(() => void end(new Error("WhatsApp cannot be reached")), OPEN_MS);
  sock.ws.on("open", () => clearTimeout(opening));
  // Baileys notices a half-open connection too, but then waits half a minute for its closing handshake.
  let heardAt = performance.now();
  const silence = setInterval(() => {
    if (performance.now() - heardAt > keepAliveMs * 1.5) void end(new Error("WhatsApp fell silent"));
  }, keepAliveMs / 4);
  const closed = (error: unknown) => {
    clearTimeout(watchdog);
    clearTimeout(opening);
    clearInterval(silence);
    backlog.end();
    const told = fromClose(error);
    settle(unlinking && told.code === LOGGED_OUT ? loggedOutByUs : told);
  };
  async function end(error: Error | undefined): Promise<void> {
    // The closing handshake may never be answered.
    await Promise.race([sock.end(error), new Promise((resolve) => setTimeout(resolve, END_MS).unref())]);
    closed(error);
  }

  /** Baileys' own log-out only writes the wish: on a connection that is half open the phone would stay linked, unknown to us. */
  async function logout(): Promise<void> {
    const { me } = auth.state.creds;
    if (!me) throw new Error("not logged in");
    unlinking = true;
    const device = { tag: "remove-companion-device", attrs: { jid: me.id, reason: "user_initiated" } };
    const attrs = { to: S_WHATSAPP_NET, type: "set", id: sock.generateMessageTag(), xmlns: "md" };
    const ended = over.then(({ code, reason }) => {
      if (code !== LOGGED_OUT) throw new Error(`The connection ended before WhatsApp answered: ${reason}`);
    });
    await Promise.race([sock.query({ tag: "iq", attrs, content: [device] }), ended]);
    settle(loggedOutByUs);
    await end(undefined);
  }

  const emitAll = (events: GatewayEvent[]) => events.forEach(emit);

  const onQr = (qr: string) => {
    clearTimeout(watchdog);
    qrs += 1;
    if (codeFor !== null) {
      // WhatsApp offers QR codes all the same; the code holds as long as they would.
      if (qrs === 1) void askForCode(codeFor);
      return;
    }
    const livesMs = qrTimeoutMs > 0 ? qrTimeoutMs : qrs === 1 ? FIRST_QR_MS : NEXT_QR_MS;
    emit({ type: "qr", qr, expiresAt: new Date(Date.now() + livesMs) });
  };
  async function askForCode(phone: string): Promise<void> {
    const livesMs = qrTimeoutMs > 0 ? CODES * qrTimeoutMs : FIRST_QR_MS + (CODES - 1) * NEXT_QR_MS;
    const expiresAt = new Date(Date.now() + livesMs);
    try {
      emit({ type: "code", code: await sock.requestPairingCode(phone.replace("+", "")), expiresAt });
    } catch (error) {
      await end(error instanceof Error ? error : new Error("no pairing code"));
    }
  }
  const onOpen = () => {
    clearTimeout(watchdog);
    const { me } = auth.state.creds;
    const phone = me && phoneOf(me.id);
    if (phone) emit({ type: "linked", phone, lid: me.lid ?? null, pushName: me.name || null });
    backlog.open();
  };

  sock.ev.on("creds.update", () => {
    // Baileys has merged the update into the credentials by now.
    auth.saveCreds().catch((err: unknown) => log.error({ err, event: "creds" }, "credentials were not saved"));
  });
  sock.ev.on("connection.update", (update) => {
    if (update.qr) onQr(update.qr);
    if (update.isNewLogin) emit({ type: "pairing" });
    if (update.connection === "open") onOpen();
    if (update.receivedPendingNotifications) {
      // Baileys now waits up to 20 s for a history that may never come, and holds back messages as long: an opt-out too.
      sock.ev.flush();
      backlog.sent();
    }
    if (update.reachoutTimeLock) emit(fromReachout(update.reachoutTimeLock));
    if (update.connection === "close") closed(update.lastDisconnect?.error);
  });
  sock.ev.on("messages.upsert", (upsert) => {
    emitAll(fromUpsert(upsert).filter((event) => event.type !== "inbound" || !inbound.wasKept(event.waMsgId)));
  });
  sock.ws.on("message", () => {
    heardAt = performance.now();
  });
  sock.ws.on("CB:ack,class:message", (node: unknown) => emitAll(fromAck(node)));
  sock.ws.on("CB:receipt", (stanza: BinaryNode) => emitAll(fromReceipt(stanza, ownIdentities(sock))));
  // The backlog's end is announced while its messages are still being decrypted: there may be a STOP among them.
  sock.ws.on("CB:message", (stanza: BinaryNode) => {
    const opens = inbound.watch(stanza);
    const { attrs } = stanza;
    if (attrs.offline && attrs.id && opens) backlog.arrived(attrs.id);
  });
  groups.follow(sock.ev);
  sock.ev.on("message-capping.update", (info) => emit(fromCapping(info)));
  for (const type of PASSKEY_NOTICES) {
    sock.ws.on(`CB:notification,type:${type}`, () => void end(new Error(PASSKEY_ASKED)));
  }
  sock.ws.on("unexpected-response", () => void end(new Error("WhatsApp answered with an HTTP error")));

  return {
    closed: over,
    isOpen: () => backlog.isIn() && sock.ws.isOpen,
    async prepare(recipients, options) {
      const people = recipients.filter((recipient) => !isGroup(recipient));
      if (people.length === 0) return { unreachable: new Set(), unready: new Set() };
      const jids = people.map(jidOf);
      const { without, unready } = await auth.storingSoon(() => prepareRecipients(sock, memory.devices, jids, options));
      const those = (some: Set<string>) => new Set(people.filter((_, i) => some.has(jids[i] ?? "")));
      return { unreachable: those(without), unready: those(unready) };
    },
    isPrepared: async (recipient) => isGroup(recipient) || isPrepared(sock, memory.devices, jidOf(recipient)),
    async send({ waMsgId, to, encoded }) {
      const jid = jidOf(to);
      // Asking now would take seconds, in which the person may opt out.
      if (!isGroup(to) && !(await hasDevices(memory.devices, jid))) throw new NotWritten("unprepared");
      const message = proto.Message.decode(encoded);
      const write = () => sock.relayMessage(jid, message, { messageId: waMsgId });
      const written = await inbound.atOnce(jid, () => auth.writing(write));
      if (!written) throw new NotWritten("unprepared");
    },
    upload: mediaUploads({ query: (node) => sock.query(node) }, { ca: options.ca, auth: auth.state, logger }),
    logout,
    findOnWhatsApp: (phones) => findOnWhatsApp(sock, phones),
    listGroups: () => listGroups(sock),
    readGroup: (asked) => readGroup(sock, asked, LARGEST_GROUP),
    membersOf: (group) => membersOf(sock, groups, jidOf(group)),
    otherIdentity: (of) => otherIdentity(sock, of),
    askLimits: limitsOf(sock, emit),
    end: () => end(undefined),
  };
}
