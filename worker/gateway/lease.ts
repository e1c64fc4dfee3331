import type { Sql } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Env } from "#server/env.ts";
import { type SessionStatus, statusesWithSocket } from "#server/wa/rules.ts";

/*
 * Who holds a session is decided by one row and the database's clock alone. `epoch` grows with each holder: what an earlier
 * one still writes under its own epoch is refused.
 */

export interface Lease {
  id: Id<"waSession">;
  userId: Id<"user">;
  epoch: number;
}

const interval = (ms: number) => `${ms} milliseconds`;
const wanted = [...statusesWithSocket];

/**
 * Takes sessions that want a socket and that nobody holds, the longest forsaken first. Sessions of the other WhatsApp, and
 * those whose keys another SESSION_KEY wrapped, are left for a worker that is meant for them.
 */
export async function acquireLeases(
  sql: Sql,
  workerId: Id<"worker">,
  { leaseMs, whatsapp, sessionKey }: Pick<Env, "leaseMs" | "whatsapp" | "sessionKey">,
  limit: number,
): Promise<Lease[]> {
  const rows = await sql<{ id: Id<"waSession">; userId: Id<"user">; epoch: string }[]>`
    update wa_sessions
       set owner_id = ${workerId}, epoch = epoch + 1, lease_until = now() + ${interval(leaseMs)}::interval
     where id in (
       select id from wa_sessions
        where status = any(${wanted}::text[]) and (owner_id is null or lease_until < now())
          and network = ${whatsapp} and (key_id is null or key_id = ${sessionKey.id})
        order by lease_until nulls first, id limit ${limit} for no key update skip locked)
    returning id, user_id as "userId", epoch::text`;
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }));
}

/** Prolongs leases that have not run out. What is missing from the answer is lost. */
export async function renewLeases(
  sql: Sql,
  workerId: Id<"worker">,
  leaseMs: number,
  held: readonly Lease[],
): Promise<Map<Id<"waSession">, SessionStatus>> {
  const rows = await sql<{ id: Id<"waSession">; status: SessionStatus }[]>`
    update wa_sessions s set lease_until = now() + ${interval(leaseMs)}::interval
      from unnest(${held.map((lease) => lease.id)}::text[], ${held.map((lease) => String(lease.epoch))}::bigint[])
           as lease(id, epoch)
     where s.id = lease.id and s.epoch = lease.epoch and s.owner_id = ${workerId} and s.lease_until > now()
    returning s.id, s.status`;
  return new Map(rows.map((row) => [row.id, row.status]));
}

/** Gives one lease back. */
export async function releaseLease(sql: Sql, workerId: Id<"worker">, { id, epoch }: Lease): Promise<void> {
  await sql`
    with freed as (
      update wa_sessions set owner_id = null, lease_until = null
       where id = ${id} and owner_id = ${workerId} and epoch = ${epoch} returning id
    ) select pg_notify('wa', id) from freed`;
}

/** Gives all leases of a worker back, and tells the others. */
export async function releaseAll(sql: Sql, workerId: Id<"worker">): Promise<void> {
  await sql`
    with freed as (
      update wa_sessions set owner_id = null, lease_until = null where owner_id = ${workerId} returning id
    ) select pg_notify('wa', id) from freed`;
}
