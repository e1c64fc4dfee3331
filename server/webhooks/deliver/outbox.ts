import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { WebhookTry } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { publish } from "../../events.ts";
import { AWAY_AFTER, endpointPauseMs, retryDelayMs, switchOffReason, TIMEOUT_MS } from "../rules.ts";
import type { Answer } from "./post.ts";

/** How long a delivery is a worker's: far longer than a try can last, so that only one that died loses it. Milliseconds. */
const LEASE_MS = 3 * TIMEOUT_MS;
/** Tries that are kept for the log; a replay begins to count anew and goes on in the same list. */
const TRIES_KEPT = 25;

/** A delivery that is this worker's until its lease is over, with what is needed to try it. */
export interface Taken {
  id: Id<"webhookDelivery">;
  endpointId: Id<"webhookEndpoint">;
  userId: Id<"user">;
  eventId: Id<"webhookEvent">;
  type: string;
  payload: Record<string, unknown>;
  occurredAt: Date;
  sequence: number;
  /** This try's number; of two who hold the same delivery, the later alone may settle it. */
  attempts: number;
  url: string;
  secret: Buffer;
  previousSecret: Buffer | null;
}

type TakenRow = Omit<Taken, "occurredAt" | "sequence"> & { occurredAt: string; sequence: string };

/**
 * Takes the next delivery of each of up to `limit` endpoints that are free: not switched off, not left alone after failures,
 * and without one under way. Of an endpoint the earliest that is due comes first. A lease that is over makes a delivery due
 * again: what a killed worker held is tried once more.
 */
export async function takeDue(db: Db, limit: number): Promise<Taken[]> {
  const rows = await db.execute<TakenRow>(sql`
    with free as (
      select e.id, e.url, e.last_sequence, e.secret, case when e.previous_until > app_now() then e.previous_secret end as previous_secret
        from webhook_endpoints e
       where e.enabled and e.resume_at <= now()
         and exists (select from webhook_deliveries d
                      where d.endpoint_id = e.id and d.status in ('queued', 'delivering') and d.next_attempt_at <= now())
         and not exists (select from webhook_deliveries d
                          where d.endpoint_id = e.id and d.status = 'delivering' and d.next_attempt_at > now())
       order by e.resume_at limit ${limit} for no key update of e skip locked
    ), next as (
      select f.*, d.id as delivery_id
        from free f cross join lateral (
          select d.id from webhook_deliveries d
           where d.endpoint_id = f.id and d.status in ('queued', 'delivering') and d.next_attempt_at <= now()
           order by d.pos limit 1) d
    ), taken as (
      update webhook_deliveries d
         set status = 'delivering', attempts = d.attempts + 1, sequence = coalesce(d.sequence, n.last_sequence + 1),
             next_attempt_at = now() + ${LEASE_MS} * interval '1 millisecond'
        from next n
       -- Looked at again under the lock: another worker may have had it meanwhile.
       where d.id = n.delivery_id and d.status in ('queued', 'delivering') and d.next_attempt_at <= now()
      returning d.*, n.url, n.secret, n.previous_secret
    ), counted as (
      update webhook_endpoints e set last_sequence = t.sequence from taken t where e.id = t.endpoint_id and t.sequence > e.last_sequence
    )
    select id, endpoint_id as "endpointId", user_id as "userId", event_id as "eventId", type, payload, occurred_at as "occurredAt",
           sequence, attempts, url, secret, previous_secret as "previousSecret"
      from taken`);
  return rows.map((row) => ({ ...row, occurredAt: new Date(row.occurredAt), sequence: Number(row.sequence) }));
}

/** Whether any endpoint is switched on: else there is nothing to look out for. */
export async function anyEndpoint(db: Db): Promise<boolean> {
  const rows = await db.execute(sql`select 1 from webhook_endpoints where enabled limit 1`);
  return rows.length > 0;
}

const still = ({ id, attempts }: Pick<Taken, "id" | "attempts">) =>
  sql`id = ${id} and status = 'delivering' and attempts = ${attempts}`;

/** Gives a delivery back whose try was cut short by this process's end: nobody knows whether it arrived, so it goes again. */
export async function giveBack(db: Db, taken: Taken): Promise<void> {
  await db.execute(sql`update webhook_deliveries set status = 'queued', next_attempt_at = now() where ${still(taken)}`);
}

export interface Settled {
  status: "delivered" | "queued" | "dead";
  /** The endpoint was switched off with this try. */
  switchedOff: "failing" | "gone" | null;
}

/**
 * Writes down what came of a try, and what follows: nothing, another try later, or none; and for the endpoint, that it is well,
 * or is left alone for a while, or is switched off.
 * @param once a try that its user asked for and sees: it is not repeated, and says nothing about the endpoint
 * @returns null when the delivery is not this worker's any more, or is gone
 */
export async function settle(
  db: Db,
  taken: Taken,
  answer: Answer,
  { random, once = false }: { random: number; once?: boolean },
): Promise<Settled | null> {
  return db.transaction(async (tx) => {
    const [endpoint] = await tx.execute<{ failures: number; failingSince: string | null; now: string }>(sql`
      select failures, failing_since as "failingSince", app_now() as now from webhook_endpoints
       where id = ${taken.endpointId} for no key update`);
    if (!endpoint) return null;
    const retryMs = answer.problem === null || once ? null : later(retryDelayMs(taken.attempts, random), answer);
    const status = answer.problem === null ? "delivered" : retryMs === null ? "dead" : "queued";
    if (!(await keep(tx, taken, answer, status, retryMs ?? 0))) return null;
    let switchedOff: Settled["switchedOff"] = null;
    if (!once && answer.problem === null) await bringBack(tx, taken, endpoint.failures);
    if (!once && answer.problem !== null) {
      const now = new Date(endpoint.now);
      const failures = endpoint.failures + 1;
      const failingSince = endpoint.failingSince === null ? now : new Date(endpoint.failingSince);
      switchedOff = switchOffReason({ failures, failingSince }, answer.problem, now);
      const pauseMs = later(endpointPauseMs(failures, random), answer);
      await leaveAlone(tx, taken, { failures, pauseMs, switchedOff });
    }
    return { status, switchedOff };
  });
}

/** A wait, or the longer one that was asked for. */
const later = <N extends number | null>(ms: N, { retryAfterMs }: Answer) =>
  ms === null ? ms : Math.max(ms, retryAfterMs ?? 0);

async function keep(tx: Db, taken: Taken, answer: Answer, status: Settled["status"], retryMs: number) {
  const tried: WebhookTry = {
    at: new Date(Date.now() - answer.ms).toISOString(),
    ms: answer.ms,
    code: answer.code,
    error: answer.problem,
    answer: answer.text,
  };
  const kept = await tx.execute(sql`
    update webhook_deliveries set
      status = ${status}, response_code = ${answer.code}::int, last_error = ${answer.problem},
      tries = case when jsonb_array_length(tries) < ${TRIES_KEPT} then tries else tries - 0 end
              || jsonb_build_array(${JSON.stringify(tried)}::text::jsonb),
      delivered_at = case when ${status} = 'delivered' then now() end,
      next_attempt_at = now() + ${retryMs} * interval '1 millisecond'
     where ${still(taken)} returning 1`);
  return kept.length > 0;
}

/** It answers: what comes next may go at once, and after it had been away so may all that waits for a retry. */
async function bringBack(tx: Db, { endpointId }: Taken, failures: number): Promise<void> {
  await tx.execute(sql`
    update webhook_endpoints set failures = 0, failing_since = null, resume_at = now() where id = ${endpointId}`);
  if (failures < AWAY_AFTER) return;
  await tx.execute(sql`
    update webhook_deliveries set next_attempt_at = now()
     where endpoint_id = ${endpointId} and status = 'queued' and next_attempt_at > now()`);
}

async function leaveAlone(
  tx: Db,
  { endpointId, userId }: Taken,
  { failures, pauseMs, switchedOff }: { failures: number; pauseMs: number; switchedOff: Settled["switchedOff"] },
): Promise<void> {
  const off = sql`, enabled = false, disabled_reason = ${switchedOff}, disabled_at = now()`;
  await tx.execute(sql`
    update webhook_endpoints set failures = ${failures}, failing_since = coalesce(failing_since, app_now()),
      resume_at = now() + ${pauseMs} * interval '1 millisecond' ${switchedOff ? off : sql``}
     where id = ${endpointId}`);
  if (!switchedOff) return;
  await recordAudit(tx, userId, "webhook.switched_off", { endpointId, reason: switchedOff });
  await publish(tx, userId, "webhooks", endpointId);
}
