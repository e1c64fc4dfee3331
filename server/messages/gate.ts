import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { isSuppressedAs } from "../opt-outs/is-suppressed.ts";
import { hoursColumns, hoursRow, toHours } from "../schedules/row.ts";
import { type ActiveHours, isOpen } from "../schedules/rules.ts";

/** Who claims: a worker that holds the session's lease in an epoch. */
export interface Owner {
  sessionId: Id<"waSession">;
  workerId: Id<"worker">;
  epoch: number;
}

/** Everything but the message itself that decides whether something may leave now. */
export interface Gate {
  planActive: boolean;
  /** The product's clock, for windows. */
  appNow: Date;
  hours: ActiveHours;
}

/** SQL: what a gate is read from, over `s` (the session), `w` (the wallet) and `h` (the hours). */
const columns = sql`w.plan_expires_at > app_now() as plan_active, app_now() as app_now, ${hoursColumns}`;

/** A row that has them. */
export const gateRow = hoursRow
  .extend({ plan_active: z.boolean(), app_now: z.coerce.date() })
  .transform((row): Gate => ({ planActive: row.plan_active, appNow: row.app_now, hours: toHours(row) }));

/** Whether anything may leave: the plan has not ended, and it is inside the active hours. */
export const mayLeave = (gate: Gate): boolean => gate.planActive && isOpen(gate.hours, gate.appNow);

/** SQL: the session is linked and this worker holds it in this epoch. */
const isHeld = (
  owner: Owner,
) => sql`s.id = ${owner.sessionId} and s.owner_id = ${owner.workerId} and s.epoch = ${owner.epoch}
  and s.lease_until > now() and s.status = 'linked'`;

/** Reads the gate of a session that this worker holds in this epoch and that is linked; null when it is not. */
export async function readGate(db: Db, owner: Owner): Promise<Gate | null> {
  const [found] = await db.execute(sql`
    select ${columns} from wa_sessions s join wallets w on w.user_id = s.user_id join schedules h on h.user_id = s.user_id
     where ${isHeld(owner)}`);
  return found ? gateRow.parse(found) : null;
}

/**
 * Keeps the encoded form of a claimed message and reads the gate once more, in one statement; null when the session, the
 * campaign, the claim or the person's wish is not what it was at the claim. The confirmation of an opt-out is the one
 * message that passes the opt-out. To somebody who is no contact any more nothing new is written; what may have been written
 * is repeated. The time to wait for an answer begins at the first such look: what came before (a file's upload) may have taken
 * longer than it.
 */
export async function keepEncoded(
  db: Db,
  owner: Owner,
  message: { id: Id<"message">; encoded: Buffer; alias: string | null; redrive: boolean },
): Promise<Gate | null> {
  const [found] = await db.execute(sql`
    update messages m set encoded = ${message.encoded},
           redrive_at = case when ${message.redrive} or m.encoded is not null then m.redrive_at else now() + (m.redrive_at - m.sending_at) end
      from wa_sessions s, wallets w, schedules h
     where m.id = ${message.id} and m.status = 'sending' and m.sending_epoch = ${owner.epoch} and m.wa_session_id = s.id
       and ${isHeld(owner)} and w.user_id = s.user_id and h.user_id = s.user_id
       and (m.campaign_id is null or exists (select 1 from campaigns c where c.id = m.campaign_id and c.status = 'running'))
       and (${message.redrive} or m.expires_at is null or m.expires_at > app_now())
       and (m.kind = 'opt_out'
         or not ${isSuppressedAs(sql`m.user_id`, sql`array[m.recipient_key, ${message.alias}::text]`)}
            and not exists (select 1 from contacts c where c.user_id = m.user_id and c.id = m.contact_id and not c.consent))
       and (${message.redrive} or m.kind <> 'campaign' or m.recipient_key like 'group:%'
         or exists (select 1 from contacts c where c.user_id = m.user_id and c.id = m.contact_id))
    returning ${columns}`);
  return found ? gateRow.parse(found) : null;
}

/** Books the session's pump with its owner, `ms` from now; nothing when this worker is not the owner in its epoch any more. */
export async function bookPump(db: Db, owner: Owner, ms: number): Promise<void> {
  await db.execute(sql`
    select book_pump(s.id, now() + ${ms} * interval '1 millisecond') from wa_sessions s
     where s.id = ${owner.sessionId} and s.owner_id = ${owner.workerId} and s.epoch = ${owner.epoch} and s.lease_until > now()`);
}
