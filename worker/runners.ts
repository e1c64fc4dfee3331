import { Logger, type RunnerOptions } from "graphile-worker";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Env } from "#server/env.ts";
import type { Log } from "#server/log.ts";
import type { Announce } from "./announce.ts";
import { crontab } from "./crontab.ts";
import type { Sessions } from "./gateway/gateway.ts";
import { startLasting } from "./lasting-runner.ts";
import { createTasks } from "./tasks/index.ts";
import { createPump } from "./tasks/pump.ts";
import { createWebhooks } from "./tasks/webhooks.ts";

/** For jobs booked ahead; what is due at once is announced. Each of a runner's slots polls by itself. */
const POLL_MS = 2_000;

export interface RunnersDeps {
  env: Env;
  log: Log;
  db: Db;
  /** The pool of the pumps. */
  sending: Db;
  workerId: Id<"worker">;
  slots: Set<string>;
  sessions: Sessions;
  announce: Announce;
}

/**
 * Starts graphile-worker twice: once for the pumps of this process's sessions, under a name no other worker registers and
 * as many at a time as it may hold sessions, and once for everybody's tasks and the crontab.
 */
export async function startRunners(deps: RunnersDeps): Promise<{ stop(): Promise<void> }> {
  const { env, db, workerId } = deps;
  const common = {
    connectionString: env.databaseUrl,
    maxPoolSize: 2,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    logger: bridge(deps.log),
    gracefulShutdownAbortTimeout: 1_000,
  } satisfies RunnerOptions;
  const closing = new AbortController();
  const runners = [
    await startLasting(deps, {
      ...common,
      concurrency: env.workerSessions,
      taskList: { [`wa:pump@${workerId}`]: createPump({ ...deps, db: deps.sending }) },
    }),
    await startLasting(deps, {
      ...common,
      // One of them is for webhooks, whose receivers take their time, and one so that answers do not wait for two large files.
      concurrency: 4,
      taskList: {
        ...createTasks({ env, db, log: deps.log }),
        "webhooks:deliver": createWebhooks({ ...deps, closing: closing.signal }),
      },
      parsedCronItems: crontab(),
    }),
  ];
  return {
    stop: async () => {
      closing.abort();
      await Promise.all(runners.map((runner) => runner.stop()));
    },
  };
}

function bridge(log: Log): Logger {
  return new Logger((scope) => (level, message, meta) => {
    const line = log.child({ event: "graphile", label: scope.label, task: scope.taskIdentifier, jobId: scope.jobId });
    if (level === "error") line.error({ err: meta?.error }, message);
    else if (level === "warning") line.warn(message);
    else line.trace(message);
  });
}
