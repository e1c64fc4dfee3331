import { openClient } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Env } from "#server/env.ts";
import type { Log } from "#server/log.ts";

const BEAT_MS = 3_000;

/**
 * Says that this worker lives, and clears up after those that do not: an advisory lock on a connection of its own, which
 * Postgres drops the moment the process dies, and a heartbeat beside it, because a lock also vanishes when Postgres
 * restarts. Jobs of a worker are released when its lock is gone and its heartbeat is older than 10 s.
 */
export async function startLiveness(deps: {
  env: Pick<Env, "databaseUrl" | "workerSessions" | "whatsapp">;
  workerId: Id<"worker">;
  lockKey: number;
  /** The names under which graphile-worker locks jobs for this worker, whenever it took them. */
  slots: ReadonlySet<string>;
  log: Log;
}): Promise<{
  beat(): Promise<void>;
  /** Gone by intent: nobody has to find it dead, and its share of the sessions is the others' from now on. */
  leave(): Promise<void>;
  /** After `leave`: ends what still waits for the database. */
  stop(): Promise<void>;
}> {
  const { env, workerId, lockKey, slots, log } = deps;
  const sql = openClient(env.databaseUrl, { max: 1, name: "masssender-liveness" });
  let lockedBy = 0;
  let stopped = false;

  const beat = async () => {
    const [me] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    if (me && me.pid !== lockedBy) {
      await sql`select pg_advisory_lock(${lockKey})`;
      lockedBy = me.pid;
    }
    if (stopped) return;
    // An upsert: after an outage of Postgres another worker may have taken this one for dead.
    await sql`insert into workers (id, lock_key, capacity, network, runner_ids)
      values (${workerId}, ${lockKey}, ${env.workerSessions}, ${env.whatsapp}, ${[...slots]}::text[])
      on conflict (id) do update set heartbeat_at = now(), runner_ids = excluded.runner_ids`;
    for (const dead of await findDead()) await clearUp(dead);
  };
  const findDead = () => sql<{ id: string; lock_key: string; runner_ids: string[] }[]>`
    select id, lock_key, runner_ids from workers where heartbeat_at < now() - interval '10 seconds' and id <> ${workerId}`;

  const clearUp = async (dead: { id: string; lock_key: string; runner_ids: string[] }) => {
    const [free] = await sql<{ locked: boolean }[]>`select pg_try_advisory_lock(${dead.lock_key}) as locked`;
    if (!free?.locked) return;
    try {
      await sql`select graphile_worker.force_unlock_workers(${dead.runner_ids})`;
      await sql`select graphile_worker.complete_jobs(array(
        select id from graphile_worker.jobs where task_identifier = ${`wa:pump@${dead.id}`})::bigint[])`;
      await sql`delete from workers where id = ${dead.id}`;
      log.warn({ event: "worker.cleared", deadWorkerId: dead.id }, "released the jobs of a dead worker");
    } finally {
      await sql`select pg_advisory_unlock(${dead.lock_key})`;
    }
  };

  await beat();
  const timer = setInterval(() => {
    if (stopped) return;
    beat().catch((err: unknown) => log.warn({ err, event: "liveness.missed" }, "a heartbeat was missed"));
  }, BEAT_MS);
  const leave = async () => {
    stopped = true;
    clearInterval(timer);
    await sql`delete from workers where id = ${workerId}`.catch(() => {});
  };
  return {
    beat,
    leave,
    stop: () => sql.end({ timeout: 1 }),
  };
}
