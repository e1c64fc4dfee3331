import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import type { Env } from "#server/env.ts";
import { startLive } from "#server/live.ts";
import { createLog } from "#server/log.ts";
import { appRouter } from "#server/router.ts";
import { createCallerFactory } from "#server/trpc.ts";
import { connectSimulator, type SimulatorClient } from "#simulator/client.ts";
import { type RunningWorker, startWorker } from "#worker/start-worker.ts";
import { cloneDatabase } from "./database.ts";
import { createUser, newPhone, testEnv } from "./factories.ts";
import { keptLog } from "./kept-log.ts";
import { simulatorUrl } from "./simulator.ts";

const createCaller = createCallerFactory(appRouter);
/** Longer than the retry after 30 s that a stall of a busy machine may bring about; shorter than the minute of a pump that nobody woke. */
const PATIENCE_MS = 45_000;

/** For a test in which a lease runs out, or is taken away. Elsewhere a process that stalls for seconds must not lose one. */
export const shortLease = { LEASE_MS: "4000" };

export interface StageUser {
  id: Id<"user">;
  /** The real router, as this user. */
  api: ReturnType<typeof createCaller>;
}

export interface LinkedPhone {
  sessionId: Id<"waSession">;
  phone: string;
}

/** Starts a campaign as whoever looked at its review does: with the number of people that it names. */
export async function startAsReviewed({ api }: Pick<StageUser, "api">, id: string): Promise<void> {
  const { sendable } = await api.campaigns.review({ id });
  await api.campaigns.start({ id, recipients: sendable, consentConfirmed: true });
}

/** The whole product but its pages: a database, workers with real sockets, the local WhatsApp, and callers of the router. */
export interface Stage {
  db: Db;
  env: Env;
  simulator: SimulatorClient;
  /** The workers that run now. */
  workers: RunningWorker[];
  startWorker(): Promise<RunningWorker>;
  signUp(): Promise<StageUser>;
  /** Asks for a QR code and waits until it is shown. */
  showQr(user: StageUser): Promise<{ sessionId: Id<"waSession">; qr: string }>;
  /** Links a phone by QR and waits until it may send. */
  linkPhone(user: StageUser, phone?: string): Promise<LinkedPhone>;
  /** Whether a worker holds the session, connected, with the backlog in. */
  isReady(sessionId: Id<"waSession">): boolean;
  stop(): Promise<void>;
}

/** Waits until `look` gives something, asking every 25 ms. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
    await sleep(25);
  }
}

/** Waits until a phone has read what was sent to it. @returns the texts, as its screen shows them */
export async function untilRead(simulator: SimulatorClient, phone: string): Promise<(string | null)[]> {
  const shown = await until("the message to be read", async () => {
    const messages = (await simulator.phoneChats(phone)).flatMap((chat) => chat.messages);
    return messages.length > 0 && messages;
  });
  return shown.map(({ text }) => text);
}

/**
 * @param env variables as in the environment; WhatsApp's answers are waited for shortly already, leases are as in production
 * @param database a migrated one, in place of a clone: for a test that harms its server
 */
export async function createStage({
  workers = 1,
  env: more = {},
  database: given,
}: {
  workers?: number;
  env?: Record<string, string>;
  database?: { url: string; drop: () => Promise<void> };
} = {}) {
  const database = given ?? (await cloneDatabase());
  const url = more.SIMULATOR_URL ?? (await simulatorUrl());
  const env = testEnv(database.url, {
    SIMULATOR_URL: url,
    ACK_TIMEOUT_MS: "1000",
    LOG_LEVEL: process.env.LOG_LEVEL ?? "silent",
    ...more,
  });
  const connection = connect(database.url);
  const log = process.env.LOG_LEVEL ? createLog("worker", env) : createLog("worker", { logLevel: "debug" }, keptLog);
  const live = await startLive(connection.sql, log);
  const simulator = connectSimulator(url);
  const running: RunningWorker[] = [];

  const stage: Stage = {
    db: connection.db,
    env,
    simulator,
    workers: running,
    async startWorker() {
      const started = await startWorker({ env, log, httpPort: 0 });
      const worker: RunningWorker = {
        ...started,
        // It leaves the list last: whoever stops all of them is walking through it.
        stop: async () => {
          await started.stop();
          if (running.includes(worker)) running.splice(running.indexOf(worker), 1);
        },
      };
      running.push(worker);
      return worker;
    },
    async signUp() {
      const id = await createUser(connection.db);
      const user = { id, email: `${id}@example.org`, tz: "Asia/Jakarta", isAdmin: false };
      const api = createCaller({
        db: connection.db,
        env,
        log,
        live,
        requestId: newId("audit"),
        ip: "127.0.0.1",
        user,
        loginSessionId: null,
        setCookie: () => {},
      });
      return { id, api };
    },
    async showQr({ api }) {
      const { id: sessionId } = await api.wa.link();
      const qr = await until("a QR code", async () => (await api.wa.get({ id: sessionId })).qr);
      return { sessionId, qr };
    },
    async linkPhone(user, phone = newPhone()) {
      await simulator.openAccount(phone, "Ani");
      const { sessionId, qr } = await stage.showQr(user);
      await simulator.scan(phone, qr);
      await until("the phone to be linked", () => stage.isReady(sessionId));
      return { sessionId, phone };
    },
    isReady: (sessionId) => running.some((worker) => worker.sessions.held(sessionId)?.isReady()),
    async stop() {
      await Promise.all(running.map((worker) => worker.stop()));
      await live.close();
      await connection.close();
      await database.drop();
    },
  };
  for (let n = 0; n < workers; n++) await stage.startWorker();
  return stage;
}
