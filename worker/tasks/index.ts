import { sql } from "drizzle-orm";
import type { Task, TaskList } from "graphile-worker";
import type { Db } from "#db/client.ts";
import { expireImports } from "#server/imports/expire.ts";
import { type JobName, type JobPayload, jobs } from "#server/jobs.ts";
import type { Log } from "#server/log.ts";
import { settleSilence, wipeBodies } from "#server/messages/silence.ts";
import { expireIdle } from "#server/wa/idle.ts";

export interface TaskDeps {
  db: Db;
  log: Log;
}

/** The pump is not here: each worker registers its own, under its own name. */
type SharedJob = Exclude<JobName, "wa:pump">;
type Handler<N extends JobName> = (payload: JobPayload<N>, deps: TaskDeps) => Promise<void>;

const handlers = {
  "pumps:sweep": (_payload, { db }) => sweepPumps(db),
  "silence:settle": (_payload, { db }) => settleSilence(db),
  "ledger:check": (_payload, deps) => checkLedger(deps),
  "sessions:expire-idle": (_payload, { db }) => expireIdle(db),
  "bodies:wipe": (_payload, { db }) => wipeBodies(db),
  "imports:expire": (_payload, { db }) => expireImports(db),
} satisfies { [N in SharedJob]: Handler<N> };

/** Books a pump for each owned session that has work and no live pump: what a crash between two bookings left behind. */
async function sweepPumps(db: Db): Promise<void> {
  await db.execute(sql`
    select book_pump(s.id) from wa_sessions s
     where s.status = 'linked' and s.lease_until > now()
       and exists (select 1 from campaigns c where c.wa_session_id = s.id and c.status = 'running')
       and not exists (select 1 from graphile_worker.jobs j
                        where j.key = 'pump:' || s.id and j.task_identifier = 'wa:pump@' || s.owner_id and j.attempts < j.max_attempts)`);
}

async function checkLedger({ db, log }: TaskDeps): Promise<void> {
  const broken = await db.execute<{ name: string; subject: string }>(
    sql`select name, subject from violations limit 100`,
  );
  for (const { name, subject } of broken)
    log.error({ event: "ledger.violation", name, subject }, "the ledger breaks an invariant");
}

/** The tasks any worker may run. A job without a handler does not compile. */
export function createTasks(deps: TaskDeps): TaskList {
  const names = Object.keys(handlers) as SharedJob[];
  const task =
    <N extends SharedJob>(name: N): Task =>
    (payload) =>
      handlers[name](jobs[name].parse(payload), deps);
  return Object.fromEntries(names.map((name) => [name, task(name)]));
}
