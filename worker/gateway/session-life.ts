import { setTimeout as sleep } from "node:timers/promises";
import type { CacheStore } from "@whiskeysockets/baileys";
import type { Db, Sql } from "#db/client.ts";
import type { Env } from "#server/env.ts";
import type { Log } from "#server/log.ts";
import type { Owner } from "#server/wa/report.ts";
import { disconnectRule, reconnectDelayMs } from "#server/wa/rules.ts";
import { SealBroken } from "#server/wa/seal.ts";
import type { Announce } from "../announce.ts";
import { loadAuth, type SessionAuth } from "./baileys/auth.ts";
import { deviceCache } from "./baileys/devices.ts";
import { LeaseLost } from "./baileys/key-rows.ts";
import { type Connection, encodeText, openConnection, type SocketMemory } from "./baileys/socket.ts";
import { trustedServer } from "./baileys/trust.ts";
import { createEventQueue } from "./event-queue.ts";
import { type GatewayEvent, type HeldSession, NotWritten } from "./gateway.ts";
import type { LoginGate } from "./login-gate.ts";
import { handleEvent } from "./on-event.ts";

export interface LifeDeps {
  env: Env;
  log: Log;
  db: Db;
  sql: Sql;
  announce: Announce;
  logins: LoginGate;
}

/** A session while this process holds its lease: one socket after the other, until the lease or the session ends. */
export interface SessionLife {
  readonly owner: Owner;
  /** Undefined until its keys are read. */
  held(): HeldSession | undefined;
  /** The lease holds until then, on this process's monotonic clock. */
  prolong(untilMs: number): void;
  /** Stops if the lease has not been prolonged in time. */
  checkFence(): void;
  /** Unlinks the device at WhatsApp. @returns false while it is not connected */
  logout(): Promise<boolean>;
  stop(): void;
  /** Resolves when the socket is closed, the keys are stored and what was heard is in the database. */
  readonly done: Promise<void>;
  /** Like `done`, but does not wait for the database longer than `ms`. */
  settled(ms: number): Promise<void>;
}

type Closed = Extract<GatewayEvent, { type: "closed" }>;

/** A connection that held so long ends the count of failures. */
const STABLE_MS = 60_000;
const RETRIES_KEPT = 10_000;

/** How often each message was sent again on request: outlives sockets, or a recipient who cannot read asks for ever. */
function retryCache(): CacheStore {
  const counts = new Map<string, unknown>();
  return {
    // Baileys reads here what it wrote here.
    get: <T>(key: string) => counts.get(key) as T | undefined,
    set: (key, value) => {
      counts.set(key, value);
      if (counts.size > RETRIES_KEPT) for (const oldest of counts.keys()) if (counts.delete(oldest)) break;
    },
    del: (key) => counts.delete(key),
    flushAll: () => counts.clear(),
  };
}

/** Begins to hold a session under a lease that was just taken. Never throws; `done` never rejects. */
export function beginLife(
  { env, log: parent, db, sql, announce, logins }: LifeDeps,
  owner: Owner,
  untilMs: number,
): SessionLife {
  const log = parent.child({ sessionId: owner.sessionId, epoch: owner.epoch });
  const ending = new AbortController();
  const { signal } = ending;
  let fenceAt = untilMs;
  let held: HeldSession | undefined;
  let connection: Connection | undefined;
  /** The connection whose backlog is in the database: sending may begin on it. */
  let ready: Connection | undefined;

  const queue = createEventQueue((event) => handleEvent({ db, announce, owner }, event), log);
  const broken = (err: SealBroken) => {
    // Told once: several reads may meet it before the socket is closed.
    if (signal.aborted) return;
    log.error({ err, event: "session.unreadable" }, "stored keys are refused");
    queue.push({ type: "broken", reason: "unreadable" });
    ending.abort();
  };

  /** The keys, once the database gives them; undefined if they are not to be had under this lease. */
  async function readKeys(): Promise<SessionAuth | undefined> {
    while (!signal.aborted) {
      try {
        return await loadAuth(sql, owner, env.sessionKeys, { broken, event: queue.push });
      } catch (err) {
        if (err instanceof SealBroken) broken(err);
        else if (err instanceof LeaseLost) ending.abort();
        else await pause(1_000);
      }
    }
    return undefined;
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {});

  async function encodedMessage(auth: SessionAuth, waMsgId: string): Promise<Uint8Array | undefined> {
    const [row] = await sql<{ encoded: Buffer | null }[]>`
      select encoded from messages where wa_session_id = ${owner.sessionId} and wa_msg_id = ${waMsgId}`;
    return row?.encoded ? auth.sealer.open("message", "message", row.encoded) : undefined;
  }

  async function connectOnce(memory: SocketMemory): Promise<Closed> {
    const loggedIn = await logins.enter(signal);
    try {
      return await connectInside(memory, loggedIn);
    } finally {
      loggedIn();
    }
  }

  async function connectInside(memory: SocketMemory, loggedIn: () => void): Promise<Closed> {
    let webSocketUrl: string | undefined;
    try {
      ({ webSocketUrl } = await trustedServer(env));
    } catch {
      return { type: "closed", code: null, reason: "WhatsApp cannot be reached" };
    }
    const opened: Connection = openConnection({
      webSocketUrl,
      qrTimeoutMs: env.qrTimeoutMs,
      memory,
      log,
      emit: (event) => {
        if (event.type === "ready" || event.type === "qr") loggedIn();
        const first = () => {
          ready = opened;
        };
        queue.push(event, event.type === "ready" ? first : undefined);
      },
    });
    connection = opened;
    const leave = () => void opened.end();
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    const closed = await opened.closed;
    signal.removeEventListener("abort", leave);
    connection = undefined;
    // After pairing WhatsApp asks for a restart at once: what it gave us must be stored before.
    await memory.auth.settled();
    return closed;
  }

  async function live(): Promise<void> {
    const auth = await readKeys();
    if (!auth) return;
    held = holdSession(auth);
    const memory: SocketMemory = {
      auth,
      devices: deviceCache(auth.rows),
      retries: retryCache(),
      encodedMessage: (id) => encodedMessage(auth, id),
    };
    for (let failures = 0; !signal.aborted; ) {
      const started = performance.now();
      const closed = await connectOnce(memory);
      if (signal.aborted) return;
      if (performance.now() - started > STABLE_MS) failures = 0;
      const rule = disconnectRule(closed.code, closed.reason);
      const delay = reconnectDelayMs(rule.reconnect, failures, Math.random());
      log.info({ event: "session.closed", code: closed.code, reason: rule.reason, delay }, "connection ended");
      if (delay === null && rule.status === "reconnecting") queue.push({ type: "broken", reason: rule.reason });
      else queue.push(closed);
      if (delay === null) return;
      failures = rule.reconnect === "now" ? failures : failures + 1;
      await pause(delay);
    }
  }

  function holdSession(auth: SessionAuth): HeldSession {
    const usable = () => {
      const open = !signal.aborted && performance.now() < fenceAt && connection === ready && connection?.isOpen();
      return open ? connection : undefined;
    };
    const connected = () => {
      const open = usable();
      if (!open) throw new NotWritten("offline");
      return open;
    };
    return {
      id: owner.sessionId,
      userId: owner.userId,
      epoch: owner.epoch,
      signal,
      isReady: () => usable() !== undefined,
      prepare: async (recipients) => ({ unreachable: await connected().prepare(recipients) }),
      seal: (encoded) => auth.sealer.seal("message", "message", encoded),
      open: (sealed) => auth.sealer.open("message", "message", sealed),
      encodeText,
      send: async (message) => {
        // Keys that only this process knows would be lost with it, and used a second time.
        await auth.rows.saved().catch(() => {
          throw new NotWritten("offline");
        });
        await connected().send(message);
      },
    };
  }

  const ended = live()
    .catch((err: unknown) => log.error({ err, event: "session.failed" }, "a session failed"))
    .finally(() => ending.abort());

  return {
    owner,
    held: () => (signal.aborted ? undefined : held),
    prolong: (ms) => {
      fenceAt = ms;
    },
    checkFence: () => {
      if (performance.now() < fenceAt || signal.aborted) return;
      log.warn({ event: "lease.lost" }, "the lease was not renewed in time");
      ending.abort();
    },
    logout: async () => {
      if (!connection?.isOpen()) return false;
      await connection.logout();
      return true;
    },
    stop: () => ending.abort(),
    done: ended.then(() => queue.drained(24 * 3_600_000)),
    settled: async (ms) => {
      await Promise.race([ended.then(() => queue.drained(ms)), sleep(ms, undefined, { ref: false })]);
      queue.abandon();
    },
  };
}
