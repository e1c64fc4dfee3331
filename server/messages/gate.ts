import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { ActiveHours } from "../schedules/rules.ts";

/** Who claims: a worker that holds the session's lease in an epoch. */
export interface Owner {
  sessionId: Id<"waSession">;
  workerId: Id<"worker">;
  epoch: number;
}

/** Everything but the message itself that decides whether something may leave now. */
export interface Gate {
  phone: string;
  /** Milliseconds until the pacing lets the next message go; 0 or less: now. */
  pacingMs: number;
  planActive: boolean;
  /** The product's clock, for windows. */
  appNow: Date;
  hours: ActiveHours;
  /** The date where the phone's day is counted, "2026-11-21". */
  today: string;
  sentToday: number;
}

const row = z.object({
  phone: z.string(),
  pacing_ms: z.coerce.number(),
  plan_active: z.boolean(),
  app_now: z.coerce.date(),
  tz: z.string(),
  windows: z.array(z.object({ day: z.number(), from: z.number(), to: z.number() })).nullable(),
  paused: z.boolean(),
  today: z.string(),
  sent_today: z.number(),
});

/** Reads the gate of a session that this worker holds in this epoch and that is linked; null when it is not. */
export async function readGate(tx: Db, owner: Owner, { lock }: { lock: boolean }): Promise<Gate | null> {
  const [found] = await tx.execute(sql`
    select s.phone, (extract(epoch from s.next_send_at - now()) * 1000)::float8 as pacing_ms,
           w.plan_expires_at > app_now() as plan_active, app_now() as app_now,
           h.tz, h.windows, h.paused,
           (app_now() at time zone n.tz)::date::text as today,
           case when n.day = (app_now() at time zone n.tz)::date then n.day_sent else 0 end as sent_today
      from wa_sessions s
      join wallets w on w.user_id = s.user_id
      join schedules h on h.user_id = s.user_id
      join wa_numbers n on n.phone = s.phone
     where s.id = ${owner.sessionId} and s.owner_id = ${owner.workerId} and s.epoch = ${owner.epoch}
       and s.lease_until > now() and s.status = 'linked'
       ${lock ? sql`for no key update of s` : sql``}`);
  if (!found) return null;
  const gate = row.parse(found);
  return {
    phone: gate.phone,
    pacingMs: gate.pacing_ms,
    planActive: gate.plan_active,
    appNow: gate.app_now,
    hours: { tz: gate.tz, windows: gate.windows, paused: gate.paused },
    today: gate.today,
    sentToday: gate.sent_today,
  };
}

/** Books the session's pump with its owner, `ms` from now; nothing when this worker is not the owner in its epoch any more. */
export async function bookPump(db: Db, owner: Owner, ms: number): Promise<void> {
  await db.execute(sql`
    select book_pump(s.id, now() + ${ms} * interval '1 millisecond') from wa_sessions s
     where s.id = ${owner.sessionId} and s.owner_id = ${owner.workerId} and s.epoch = ${owner.epoch} and s.lease_until > now()`);
}
