import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { type Runner, type RunnerOptions, run, type Task, type TaskList, type WorkerEvents } from "graphile-worker";
import type { Db } from "#db/client.ts";
import type { Log } from "#server/log.ts";

/** Before a runner is replaced, and between two looks whether the database is back. */
const REPLACE_MS = 500;

export interface LastingDeps {
  db: Db;
  log: Log;
  /** The names under which graphile-worker locks jobs for this worker, kept beside it for whoever finds it dead. */
  slots: Set<string>;
}

/**
 * A runner that outlives its database. A slot of graphile-worker that cannot say how its job ended, because Postgres is gone
 * just then, ends for good and leaves the job locked for hours: a session's pump, say, and with it a campaign. One failed look
 * at the crontab ends all its slots. So the runner is replaced, and what its dead slots held is released.
 */
export async function startLasting(deps: LastingDeps, options: RunnerOptions): Promise<{ stop(): Promise<void> }> {
  const { db, log, slots } = deps;
  const dead = new Set<string>();
  let ended = false;
  let stopped = false;
  let replacing: Promise<void> | undefined;
  const leaving = new Set<Promise<unknown>>();
  const live = new Set<Promise<unknown>>();
  const taskList = watched(options.taskList ?? {}, live);

  const events: WorkerEvents = new EventEmitter();
  events.on("worker:create", ({ worker }) => void slots.add(worker.workerId));
  events.on("worker:fatalError", ({ worker }) => {
    dead.add(worker.workerId);
    replaceSoon();
  });

  async function start(): Promise<Runner> {
    const started = await run({ ...options, taskList, events });
    const over = () => {
      if (stopped || started !== runner) return;
      ended = true;
      replaceSoon();
    };
    started.promise.then(over, over);
    return started;
  }

  function replaceSoon(): void {
    replacing ??= replace().finally(() => {
      replacing = undefined;
    });
  }

  async function replace(): Promise<void> {
    while ((dead.size > 0 || ended) && !stopped) {
      // One that ends as soon as it begins is not begun anew at once.
      await sleep(REPLACE_MS);
      const gone = [...dead];
      try {
        await db.execute(sql`select graphile_worker.force_unlock_workers(${sql.param(gone)}::text[])`);
        const before = runner;
        runner = await start();
        ended = false;
        for (const slot of gone) {
          dead.delete(slot);
          slots.delete(slot);
        }
        log.warn({ event: "runner.replaced", slots: gone }, "a runner ended with the database, and was replaced");
        keep(leaving, before.stop());
      } catch (err) {
        log.debug({ err, event: "runner.waits" }, "the database is not back yet");
      }
    }
  }

  let runner = await start();
  return {
    stop: async () => {
      stopped = true;
      await replacing;
      // Of those that were replaced too: their other slots end what they had begun, and one that ended by itself tells nobody.
      await Promise.allSettled([runner.stop(), ...leaving]);
      await Promise.allSettled(live);
    },
  };
}

/** Remembers what goes on until it has ended, well or not. */
function keep(among: Set<Promise<unknown>>, act: Promise<unknown>): void {
  among.add(act);
  const end = () => void among.delete(act);
  act.then(end, end);
}

/** The same tasks, with every run that goes on kept in `live`. */
function watched(tasks: TaskList, live: Set<Promise<unknown>>): TaskList {
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      (...args: Parameters<Task>) => {
        const running = Promise.resolve(task?.(...args));
        keep(live, running);
        return running;
      },
    ]),
  );
}
