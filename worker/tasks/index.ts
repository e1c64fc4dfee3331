import { sql } from "drizzle-orm";
import type { Task, TaskList } from "graphile-worker";
import type { Db } from "#db/client.ts";
import { answerInbound, expireCooldowns } from "#server/automation/answer.ts";
import { goOn } from "#server/billing/plans/go-on.ts";
import { tickPlans } from "#server/billing/plans/tick.ts";
import { callBack } from "#server/billing/provider/demo/call-back.ts";
import { expirePurchases } from "#server/billing/purchases/give-up.ts";
import { startDueCampaigns } from "#server/campaigns/schedule/start-due.ts";
import type { Env } from "#server/env.ts";
import { expireImports } from "#server/imports/expire.ts";
import { readImport } from "#server/imports/read.ts";
import { type JobName, type JobPayload, jobs } from "#server/jobs.ts";
import type { Log } from "#server/log.ts";
import { openMedia } from "#server/media/deps.ts";
import { expireMedia } from "#server/media/expire.ts";
import { settleSilence, wipeBodies } from "#server/messages/silence.ts";
import { expireIdle } from "#server/wa/idle.ts";
import { checkLedger } from "#server/wallet/check.ts";
import { expireWebhooks } from "#server/webhooks/forget.ts";

export interface TaskDeps {
  env: Env;
  db: Db;
  log: Log;
}

/** The pump and the delivery of webhooks are not here: they are made for each worker, the pump under a name of its own. */
type SharedJob = Exclude<JobName, "wa:pump" | "webhooks:deliver">;
/** `lastTry`: when it fails, the job is not run again. */
type Handler<N extends JobName> = (payload: JobPayload<N>, deps: TaskDeps, run: { lastTry: boolean }) => Promise<void>;

const handlers: { [N in SharedJob]: Handler<N> } = {
  "pumps:sweep": (_payload, { db }) => sweepPumps(db),
  "campaigns:start-due": (_payload, { db, env }) => startDueCampaigns(db, env),
  "payments:call-back": ({ paymentId }, { db, env }) => callBack(db, env, paymentId),
  "purchases:expire": (_payload, deps) => expirePurchases(deps.db, deps),
  "plans:tick": (_payload, deps) => tickPlans(deps.db, deps),
  "plans:go-on": ({ userId }, { db }) => goOn(db, userId),
  "silence:settle": (_payload, { db }) => settleSilence(db),
  "ledger:check": (_payload, deps) => watchLedger(deps),
  "sessions:expire-idle": (_payload, { db }) => expireIdle(db),
  "bodies:wipe": (_payload, { db }) => wipeBodies(db),
  "inbox:answer": ({ inboundId }, { db, env, log }) =>
    answerInbound(db, { sessionKeys: env.sessionKeys, pricePoints: env.autoReplyPoints, log }, inboundId),
  "rules:expire": (_payload, { db }) => expireCooldowns(db),
  "imports:read": ({ importId }, { db, env }, run) => readImport(db, env, importId, run),
  "imports:expire": (_payload, { db }) => expireImports(db),
  "media:expire": (_payload, { db, env }) => expireMedia(db, openMedia(env)),
  "webhooks:expire": (_payload, { db }) => expireWebhooks(db),
};

/**
 * Books a pump for each owned session that has work and no live pump: what a crash between two bookings left behind, or an
 * outage between a job and the one that took it. A slice of a pump takes half a minute. One that failed is no live pump:
 * graphile-worker would try it again after e^tries seconds, which are minutes after five outages and hours after nine.
 */
async function sweepPumps(db: Db): Promise<void> {
  await db.execute(sql`
    select book_pump(s.id) from wa_sessions s
     where s.status = 'linked' and s.lease_until > now()
       and (exists (select 1 from campaigns c where c.wa_session_id = s.id and c.status = 'running')
            or exists (select 1 from messages m where m.wa_session_id = s.id and m.campaign_id is null
                        and m.status in ('queued', 'sending')))
       and not exists (select 1 from graphile_worker.jobs j
                        where j.key = 'pump:' || s.id and j.task_identifier = 'wa:pump@' || s.owner_id
                          and case when j.locked_at is null then j.last_error is null
                                   else j.locked_at > now() - interval '2 minutes' end)`);
}

async function watchLedger({ db, log }: TaskDeps): Promise<void> {
  const { found } = await checkLedger(db);
  for (const { name, count, subjects } of found)
    log.error({ event: "ledger.violation", name, count, subjects }, "the ledger breaks an invariant");
}

/** The tasks any worker may run. A job without a handler does not compile. */
export function createTasks(deps: TaskDeps): TaskList {
  const names = Object.keys(handlers) as SharedJob[];
  const task =
    <N extends SharedJob>(name: N): Task =>
    (payload, { job }) =>
      handlers[name](jobs[name].parse(payload) as JobPayload<N>, deps, { lastTry: job.attempts >= job.max_attempts });
  return Object.fromEntries(names.map((name) => [name, task(name)]));
}
