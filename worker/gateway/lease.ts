import type { Sql } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Env } from "#server/env.ts";
import { statusesWithSocket } from "#server/wa/rules.ts";

/*
 * Who holds a session is decided by one row and the database's clock alone. `epoch` grows with each holder: what an earlier
 * one still writes under its own epoch is refused.
 */

export interface Lease {
  id: Id<"waSession">;
  userId: Id<"user">;
  epoch: number;
}

type LeaseEnv = Pick<Env, "leaseMs" | "whatsapp" | "sessionKeys" | "workerSessions">;

const interval = (ms: number) => `${ms} milliseconds`;
const wanted = [...statusesWithSocket];
/** A session nobody took for so long is taken by whoever has room: those whose share it is may not be able to. */
const FORSAKEN_MS = 3_000;
/** A worker whose heartbeat is older is not counted on. */
const ABSENT = "10 seconds";

/** A session whose socket is to be open: linked or becoming so, or restricted for a time and therefore still to be read. */
const wantsSocket = (sql: Sql, table = "wa_sessions") => sql`(${sql(table)}.status = any(${wanted}::text[])
  or (${sql(table)}.status = 'restricted' and ${sql(table)}.restricted_until is not null))`;

/** A worker's part of the sessions, when they are spread evenly over the workers present. */
export interface Share {
  /** How many sessions are its part. */
  mine: number;
  /** How many it holds beyond that, and another worker has room for. */
  surplus: number;
}

/** Reads how many of the sessions of this WhatsApp are this worker's part. */
export async function readShare(
  sql: Sql,
  workerId: Id<"worker">,
  { whatsapp, workerSessions }: LeaseEnv,
): Promise<Share> {
  const [row] = await sql<{ wanting: number; workers: number; held: number; room: number }[]>`
    with sessions as (
      select owner_id from wa_sessions where ${wantsSocket(sql)} and network = ${whatsapp}
    ), holders as (
      select owner_id, count(*) as held from sessions group by owner_id
    ), present as (
      select w.id, w.capacity, coalesce(h.held, 0) as held
        from workers w left join holders h on h.owner_id = w.id
       where w.network = ${whatsapp} and (w.heartbeat_at > now() - ${ABSENT}::interval or w.id = ${workerId})
    ), share as (
      select ceil((select count(*) from sessions)::numeric / greatest(1, (select count(*) from present))) as size
    )
    select (select count(*) from sessions)::int as wanting, (select count(*) from present)::int as workers,
           coalesce((select held from present where id = ${workerId}), 0)::int as held,
           coalesce((select sum(greatest(0, least(p.capacity, share.size) - p.held))
                       from present p where p.id <> ${workerId}), 0)::int as room
      from share`;
  if (!row) return { mine: workerSessions, surplus: 0 };
  const mine = Math.min(workerSessions, Math.ceil(row.wanting / Math.max(1, row.workers)));
  return { mine, surplus: Math.min(row.room, Math.max(0, row.held - mine)) };
}

/**
 * Takes sessions that want a socket and that nobody holds, the longest forsaken first: up to its share of them, and beyond
 * it, as far as it has room, those that nobody else takes. Sessions of the other WhatsApp, and those whose keys a
 * SESSION_KEY wrapped that is not known here, are left for a worker that is meant for them.
 * @param room how many sessions it could hold in addition
 * @param share how many of these are its part
 */
export async function acquireLeases(
  sql: Sql,
  workerId: Id<"worker">,
  { leaseMs, whatsapp, sessionKeys }: LeaseEnv,
  { room, share }: { room: number; share: number },
): Promise<Lease[]> {
  const free = sql`
    select id from wa_sessions
     where ${wantsSocket(sql)} and (owner_id is null or lease_until < now())
       and network = ${whatsapp} and (key_id is null or key_id = any(${[...sessionKeys.byId.keys()]}::text[]))`;
  const rows = await sql<{ id: Id<"waSession">; userId: Id<"user">; epoch: string }[]>`
    update wa_sessions
       set owner_id = ${workerId}, epoch = epoch + 1, lease_until = now() + ${interval(leaseMs)}::interval
     where id in (${free} order by lease_until nulls first, id limit ${share} for no key update skip locked)
        or id in (${free} and coalesce(lease_until, status_at) < now() - ${interval(FORSAKEN_MS)}::interval
                   order by lease_until nulls first, id limit ${room - share} for no key update skip locked)
    returning id, user_id as "userId", epoch::text`;
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }));
}

/**
 * Prolongs leases that have not run out. Rows that somebody has locked at this moment are skipped, so that one of them
 * cannot cost the others their lease: what is missing from the answer is lost, or was locked.
 * @returns whether each still wants a socket
 */
export async function renewLeases(
  sql: Sql,
  workerId: Id<"worker">,
  leaseMs: number,
  held: readonly Lease[],
  locked: "skip" | "wait",
): Promise<Map<Id<"waSession">, boolean>> {
  const rows = await sql<{ id: Id<"waSession">; wanted: boolean }[]>`
    with mine as (
      select s.id from wa_sessions s
        join unnest(${held.map((lease) => lease.id)}::text[], ${held.map((lease) => String(lease.epoch))}::bigint[])
             as lease(id, epoch) on s.id = lease.id and s.epoch = lease.epoch
       where s.owner_id = ${workerId} and s.lease_until > now()
       order by s.id for no key update of s ${locked === "skip" ? sql`skip locked` : sql``}
    )
    update wa_sessions s set lease_until = now() + ${interval(leaseMs)}::interval
      from mine where s.id = mine.id
    returning s.id, ${wantsSocket(sql, "s")} as wanted`;
  return new Map(rows.map((row) => [row.id, row.wanted]));
}

/** The sessions a worker gives back first when it holds too many: linked ones, those without a running campaign before others. */
export async function leastBusy(sql: Sql, workerId: Id<"worker">, limit: number): Promise<Id<"waSession">[]> {
  const rows = await sql<{ id: Id<"waSession"> }[]>`
    select id from wa_sessions s
     where owner_id = ${workerId} and lease_until > now() and status in ('linked', 'reconnecting')
     order by exists (select 1 from campaigns c where c.wa_session_id = s.id and c.status = 'running'), id
     limit ${limit}`;
  return rows.map(({ id }) => id);
}

/** Gives one lease back. It is free from now on, and whose share it is takes it. */
export async function releaseLease(sql: Sql, workerId: Id<"worker">, { id, epoch }: Lease): Promise<void> {
  await sql`
    with freed as (
      update wa_sessions set owner_id = null, lease_until = now()
       where id = ${id} and owner_id = ${workerId} and epoch = ${epoch} returning id
    ) select pg_notify('wa', id) from freed`;
}

/** Gives all leases of a worker back, and tells the others. */
export async function releaseAll(sql: Sql, workerId: Id<"worker">): Promise<void> {
  await sql`
    with mine as (
      select id from wa_sessions where owner_id = ${workerId} order by id for no key update
    ), freed as (
      update wa_sessions s set owner_id = null, lease_until = now() from mine where s.id = mine.id returning s.id
    ) select pg_notify('wa', id) from freed`;
}
