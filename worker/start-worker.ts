import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { type Connection, connect } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { workers } from "#db/schema/index.ts";
import type { Env } from "#server/env.ts";
import type { Log } from "#server/log.ts";
import { createMetrics } from "#server/metrics.ts";
import { createAnnounce } from "./announce.ts";
import type { Sessions } from "./gateway/gateway.ts";
import { createLoginGate } from "./gateway/login-gate.ts";
import { startSupervisor } from "./gateway/supervisor.ts";
import { createHealthServer, listen } from "./health-http.ts";
import { startLiveness } from "./liveness.ts";
import { startRunners } from "./runners.ts";
import { within } from "./within.ts";

export interface WorkerDeps {
  env: Env;
  log: Log;
  id?: Id<"worker">;
  /** 0: any free port. Without it `WORKER_HTTP_PORT`. */
  httpPort?: number;
}

export interface RunningWorker {
  id: Id<"worker">;
  port: number;
  sessions: Sessions;
  /** Hands the sessions over and ends: within 2 s, or within 8 s where the database hangs. */
  stop(): Promise<void>;
}

const DATABASE_MS = 1_000;
/** A pump that does not end on its own by then is left behind: its session's signal has aborted, it sends nothing. */
const RUNNERS_MS = 800;
/** For sockets to close, and for the leases to be given back; those that are not run out. */
const SESSIONS_MS = 3_000;
const FIRST_TRY_MS = 500;

/** Waits until the database answers: a worker that starts before it, or while it restarts, simply starts later. */
async function firstContact(connection: Connection, id: Id<"worker">, lockKey: number, deps: WorkerDeps) {
  const { env, log } = deps;
  for (;;) {
    try {
      const row = { id, lockKey, capacity: env.workerSessions, network: env.whatsapp };
      await connection.db.insert(workers).values(row).onConflictDoNothing();
      return;
    } catch (err) {
      log.warn({ err, event: "worker.waits" }, "the database does not answer yet");
      await sleep(FIRST_TRY_MS);
    }
  }
}

/**
 * Starts everything that runs when nobody watches: the sessions' sockets, their pumps, the other jobs and the crontab.
 * Several may run in one process, as tests do.
 */
export async function startWorker({
  env,
  log: parent,
  id = newId("worker"),
  httpPort,
}: WorkerDeps): Promise<RunningWorker> {
  const log = parent.child({ workerId: id });
  const connection = connect(env.databaseUrl, { name: "masssender-worker" });
  const { db } = connection;
  // What is sent and heard waits for no import, and each of its statements is planned once.
  const sending = connect(env.databaseUrl, { name: "masssender-sending", plans: "force_generic_plan" });
  const lockKey = randomInt(2 ** 47);
  await firstContact(connection, id, lockKey, { env, log });
  const slots = new Set<string>();
  const liveness = await startLiveness({ env, workerId: id, lockKey, slots, log });
  const announcing = createAnnounce(sending.sql, log);
  const { announce } = announcing;
  const supervisor = await startSupervisor({
    env,
    log,
    db: sending.db,
    sql: sending.sql,
    announce,
    logins: createLoginGate(),
    workerId: id,
  });
  const runners = await startRunners({
    env,
    log,
    db,
    sending: sending.db,
    workerId: id,
    slots,
    sessions: supervisor.sessions,
    announce,
  });

  // A worker that dies in its first seconds is cleared up after like any other.
  await liveness.beat();

  const database = () => within(DATABASE_MS, db.execute(sql`select 1`)).catch(() => false);
  const http = createHealthServer({
    metrics: createMetrics(db),
    parts: async () => ({ database: await database(), leases: supervisor.silentForMs() < env.leaseMs }),
  });
  const port = await listen(http, httpPort ?? env.workerHttpPort, env.host);
  log.info({ event: "worker.started", port }, "worker is running");

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    // A database that does not answer holds up nothing.
    const step = async (name: string, ms: number, act: Promise<unknown>) => {
      if (!(await within(ms, act))) log.warn({ event: "worker.stop_late", step: name }, "left behind while stopping");
    };
    supervisor.abort();
    await step("liveness", DATABASE_MS, liveness.leave());
    await step("runners", RUNNERS_MS, runners.stop());
    await step("sessions", SESSIONS_MS, supervisor.stop());
    http.closeAllConnections();
    http.close();
    announcing.stop();
    await Promise.all([liveness.stop(), connection.close(), sending.close()]);
    log.info({ event: "worker.stopped" }, "worker has stopped");
  }
  return { id, port, sessions: supervisor.sessions, stop: () => (stopping ??= stop()) };
}
