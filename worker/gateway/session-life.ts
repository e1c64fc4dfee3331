import { setTimeout as sleep } from "node:timers/promises";
import type { Db, Sql } from "#db/client.ts";
import type { Env } from "#server/env.ts";
import { SealBroken } from "#server/keys/seal.ts";
import type { Log } from "#server/log.ts";
import type { Owner } from "#server/wa/report.ts";
import { disconnectRule } from "#server/wa/rules.ts";
import type { Announce } from "../announce.ts";
import { loadAuth, type SessionAuth } from "./baileys/auth.ts";
import { deviceCache } from "./baileys/devices.ts";
import { GroupRefused } from "./baileys/groups.ts";
import { LeaseLost } from "./baileys/key-rows.ts";
import { encodeMedia } from "./baileys/media/encode.ts";
import { type Server, trustedServer } from "./baileys/repairs/trust.ts";
import { retryCache } from "./baileys/retry-cache.ts";
import { type Connection, openConnection, type SocketMemory } from "./baileys/socket.ts";
import { encodeText } from "./baileys/translate.ts";
import { createEventQueue } from "./event-queue.ts";
import { type GatewayEvent, type HeldSession, NotWritten } from "./gateway.ts";
import type { LoginGate } from "./login-gate.ts";
import { handleEvent, handleFacts } from "./on-event.ts";
import { createRetries } from "./retries.ts";
import { sessionRows } from "./session-rows.ts";

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
  /** Tries to connect at once, if it was waiting to. */
  retryNow(): void;
  /** The connection, for what has to be asked there; undefined while it is not ready. */
  connected(): Connection | undefined;
  stop(): void;
  /** Resolves when the socket is closed, the keys are stored and what was heard is in the database. */
  readonly done: Promise<void>;
  /** Like `done`, but does not wait for the database longer than `ms`. */
  settled(ms: number): Promise<void>;
}

type Closed = Extract<GatewayEvent, { type: "closed" }>;

/** What WhatsApp forbids is asked at login and after a refusal, not more often. */
const LIMITS_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;

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

  const limitsAskedAt = { login: Number.NEGATIVE_INFINITY, refusal: Number.NEGATIVE_INFINITY };
  /** Each cause has a pause of its own: what was true at the login says little of a refusal a moment later. */
  function askLimits(cause: "login" | "refusal"): void {
    if (!connection || performance.now() - limitsAskedAt[cause] < LIMITS_EVERY_MS) return;
    limitsAskedAt[cause] = performance.now();
    connection.askLimits().catch((err: unknown) => log.debug({ err, event: "limits" }, "the limits are not known"));
  }
  const logOut = async () => {
    if (!connection) throw new Error("The device could not be logged out: it is not connected.");
    await connection.logout();
  };
  const rows = sessionRows(sql, owner);
  const { sessionKeys } = env;
  let keysStored = async () => {};
  const hearing = {
    db,
    log,
    sessionKeys,
    announce,
    owner,
    logOut,
    askLimits: () => askLimits("refusal"),
    keysStored: () => keysStored(),
  };
  const queue = createEventQueue(
    { event: (event) => handleEvent(hearing, event), facts: (facts) => handleFacts(hearing, facts) },
    log,
  );
  const broken = (err: SealBroken) => {
    // Told once: several reads may meet it before the socket is closed.
    if (signal.aborted) return;
    log.error({ err, event: "session.unreadable" }, "stored keys are refused");
    queue.push({ type: "broken", reason: "unreadable" });
    ending.abort();
  };

  function openMessage(auth: SessionAuth, sealed: Buffer): Buffer {
    try {
      return auth.sealer.open("message", "message", sealed);
    } catch (err) {
      if (err instanceof SealBroken) broken(err);
      throw err;
    }
  }

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

  let endPause = () => {};
  /** Ends early when the session is given up, or its user does not want to wait. */
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => endPause(), ms);
      endPause = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", endPause);
        resolve();
      };
      signal.addEventListener("abort", endPause);
      if (signal.aborted) endPause();
    });
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
    let server: Server;
    let phone: string | null;
    try {
      phone = memory.auth.state.creds.account ? null : await rows.codeFor();
      server = await trustedServer(env);
    } catch {
      return { type: "closed", code: null, reason: "WhatsApp cannot be reached" };
    }
    const opened: Connection = openConnection({
      ...server,
      qrTimeoutMs: env.qrTimeoutMs,
      keepAliveMs: env.keepAliveMs,
      codeFor: phone,
      memory,
      log,
      emit: (event) => {
        if (event.type === "ready" || event.type === "qr" || event.type === "code") loggedIn();
        const first = () => {
          ready = opened;
          log.info({ event: "session.ready" }, "connected, and the backlog is in");
          askLimits("login");
        };
        return queue.take(event, event.type === "ready" ? first : undefined);
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
    keysStored = () => auth.written();
    held = holdSession(auth);
    const memory: SocketMemory = {
      auth,
      devices: deviceCache(auth.rows),
      retries: retryCache(),
      encodedMessage: async (id) => {
        const sealed = await rows.encodedMessage(id);
        return sealed && openMessage(auth, sealed);
      },
    };
    const retries = createRetries();
    while (!signal.aborted) {
      const started = performance.now();
      const closed = await connectOnce(memory);
      if (signal.aborted) return;
      const rule = disconnectRule(closed.code, closed.reason);
      const delay = retries.delayMs(rule.reconnect, performance.now() - started, Math.random());
      log.info({ event: "session.closed", code: closed.code, reason: rule.reason, delay }, "connection ended");
      if (delay === null && rule.status === "reconnecting") queue.push({ type: "broken", reason: rule.reason });
      else queue.push(closed);
      if (delay === null) return;
      if (rule.reconnect === "yield" && !(await rows.leaseIsOurs().catch(() => true))) return;
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
      prepare: async (recipients, options) => connected().prepare(recipients, options),
      isPrepared: async (recipient) => connected().isPrepared(recipient),
      otherIdentity: async (of) => (await usable()?.otherIdentity(of)) ?? null,
      membersOf: async (group) =>
        connected()
          .membersOf(group)
          .catch((err: unknown) => {
            throw err instanceof GroupRefused ? new NotWritten("not_in_group") : err;
          }),
      seal: (encoded) => auth.sealer.seal("message", "message", encoded),
      open: (sealed) => openMessage(auth, sealed),
      encodeText,
      upload: async (file) => connected().upload(file),
      encodeMedia,
      send: async (message) => {
        // Keys that only this process knows would be lost with it, and used a second time.
        await auth.rows.caughtUp().catch(() => {
          throw new NotWritten("offline");
        });
        await connected().send(message);
      },
    };
  }

  // WhatsApp tells of changes by itself; should one be missed, it is not believed for ever.
  const asking = setInterval(() => askLimits("login"), HOUR_MS);
  const ended = live()
    .catch((err: unknown) => log.error({ err, event: "session.failed" }, "a session failed"))
    .finally(() => {
      clearInterval(asking);
      ending.abort();
    });

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
    retryNow: () => endPause(),
    connected: () => (signal.aborted || !connection?.isOpen() ? undefined : connection),
    stop: () => ending.abort(),
    done: ended.then(() => queue.drained(24 * 3_600_000)),
    settled: async (ms) => {
      await Promise.race([ended.then(() => queue.drained(ms)), sleep(ms, undefined, { ref: false })]);
      queue.abandon();
    },
  };
}
