import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { type RunnerOptions, run, type WorkerEvents } from "graphile-worker";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Log } from "#server/log.ts";

/** Between two looks whether the database is back. */
const REPLACE_MS = 500;

export interface LastingDeps {
  db: Db;
  log: Log;
  workerId: Id<"worker">;
}

/**
 * A runner that outlives its database. A slot of graphile-worker that cannot say how its job ended, because Postgres is gone
 * just then, ends for good and leaves the job locked for hours: a session's pump, say, and with it a campaign. So the runner
 * is replaced, and what its dead slots held is released.
 */
export async function startLasting(deps: LastingDeps, options: RunnerOptions): Promise<{ stop(): Promise<void> }> {
  const { db, log } = deps;
  const dead = new Set<string>();
  let stopped = false;
  let replacing: Promise<void> | undefined;
  const start = () => run({ ...options, events: watchSlots(deps, died) });

  function died(slot: string): void {
    dead.add(slot);
    replacing ??= replace().finally(() => {
      replacing = undefined;
    });
  }

  async function replace(): Promise<void> {
    while (dead.size > 0 && !stopped) {
      const slots = [...dead];
      try {
        await db.execute(sql`select graphile_worker.force_unlock_workers(${sql.param(slots)}::text[])`);
        const before = runner;
        runner = await start();
        for (const slot of slots) dead.delete(slot);
        log.warn({ event: "runner.replaced", slots }, "a runner lost slots with the database, and was replaced");
        before.stop().catch(() => {});
      } catch (err) {
        log.debug({ err, event: "runner.waits" }, "the database is not back yet");
        await sleep(REPLACE_MS);
      }
    }
  }

  let runner = await start();
  return {
    stop: async () => {
      stopped = true;
      await replacing;
      await runner.stop().catch(() => {});
    },
  };
}

/** graphile-worker locks jobs under names of its own: kept beside this worker, so that they can be released after its death. */
function watchSlots({ db, log, workerId }: LastingDeps, died: (slot: string) => void): WorkerEvents {
  const events: WorkerEvents = new EventEmitter();
  events.on("worker:create", ({ worker }) => {
    db.execute(
      sql`update workers set runner_ids = array_append(runner_ids, ${worker.workerId}) where id = ${workerId}`,
    ).catch((err: unknown) => log.error({ err, event: "runner.unrecorded" }, "a runner's name could not be kept"));
  });
  events.on("worker:fatalError", ({ worker }) => died(worker.workerId));
  return events;
}
