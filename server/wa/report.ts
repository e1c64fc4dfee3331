import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { recordAudit } from "../audit/record.ts";
import { pauseCampaignsOfSession } from "../campaigns/run/pause.ts";
import { unscheduleOfSession } from "../campaigns/schedule/schedule.ts";
import { publish } from "../events.ts";
import { disconnectRule, type SessionStatus, statusesBefore } from "./rules.ts";

/** The worker that speaks, and the lease it speaks under. A report under a lease that was lost changes nothing. */
export interface Owner {
  sessionId: Id<"waSession">;
  userId: Id<"user">;
  workerId: Id<"worker">;
  epoch: number;
}

const none = sql``;
/** The row of `wa_sessions`, while this worker holds it under this lease. */
export const owned = (o: Owner) => sql`id = ${o.sessionId} and owner_id = ${o.workerId} and epoch = ${o.epoch}`;
const inStatus = (statuses: readonly SessionStatus[]) =>
  sql`status in (${sql.join(
    statuses.map((status) => sql`${status}`),
    sql`, `,
  )})`;

/**
 * The only writer of a session's status on a worker's word: the lease, the allowed step and the change are one statement.
 * @returns the status it had, or null when nothing was changed
 */
export async function move(tx: Db, owner: Owner, to: SessionStatus, reason: string | null, also = none) {
  const [row] = await tx.execute<{ before: SessionStatus }>(sql`
    with held as (
      select id, status from wa_sessions where ${owned(owner)} and ${inStatus(statusesBefore(to))} for no key update
    )
    update wa_sessions s
       set status = ${to}, status_reason = ${reason}, qr = null, qr_expires_at = null,
           pairing_code = null, pairing_code_expires_at = null,
           status_at = case when s.status = ${to} then s.status_at else now() end ${also}
      from held where s.id = held.id
    returning held.status as before`);
  return row?.before ?? null;
}

/** A QR code to show; the page reads it from the row. */
export async function reportQr(db: Db, owner: Owner, qr: string, expiresAt: Date): Promise<void> {
  await db.transaction(async (tx) => {
    const shown = await tx.execute(sql`
      update wa_sessions set status = 'waiting', qr = ${qr}, qr_expires_at = ${expiresAt.toISOString()}::timestamptz
       where ${owned(owner)} and status in ('waiting', 'pairing')
      returning id`);
    if (shown.length > 0) await publish(tx, owner.userId, "session", owner.sessionId);
  });
}

/** A code to type on the phone, in place of the QR. */
export async function reportCode(db: Db, owner: Owner, code: string, expiresAt: Date): Promise<void> {
  await db.transaction(async (tx) => {
    const shown = await tx.execute(sql`
      update wa_sessions set status = 'waiting', pairing_code = ${code},
             pairing_code_expires_at = ${expiresAt.toISOString()}::timestamptz
       where ${owned(owner)} and status in ('waiting', 'pairing')
      returning id`);
    if (shown.length > 0) await publish(tx, owner.userId, "session", owner.sessionId);
  });
}

/** The code was scanned or typed and WhatsApp accepted this device. */
export async function reportPairing(db: Db, owner: Owner): Promise<void> {
  await db.transaction(async (tx) => {
    if (await move(tx, owner, "pairing", null)) await publish(tx, owner.userId, "session", owner.sessionId);
  });
}

export interface LinkedPhone {
  /** E.164 with "+". */
  phone: string;
  lid: string | null;
  pushName: string | null;
}

/** Whether this is another phone than the session had before, and nobody agreed to that. */
export async function isOtherPhone(db: Db, owner: Owner, phone: string): Promise<boolean> {
  const other = await db.execute(sql`select 1 from wa_sessions
    where ${owned(owner)} and phone is not null and phone <> ${phone} and not replace_phone`);
  return other.length > 0;
}

/**
 * Logged in. The zone in which the number's day is counted is fixed the first time anybody links it. An account that is
 * restricted for a time stays so.
 */
export async function reportLinked(db: Db, owner: Owner, { phone, lid, pushName }: LinkedPhone): Promise<void> {
  await db.transaction(async (tx) => {
    const [restricted] = await tx.execute(sql`update wa_sessions set last_seen_at = now()
      where ${owned(owner)} and status = 'restricted' and restricted_until > now() returning id`);
    if (restricted) return endAbsence(tx, owner);
    const also = sql`, phone = ${phone}, lid = ${lid}, push_name = coalesce(${pushName}, s.push_name), last_seen_at = now(),
      replace_phone = false, restricted_until = null,
      last_used_at = case when s.status in ('waiting', 'pairing') then app_now() else s.last_used_at end,
      linked_at = case when s.status in ('waiting', 'pairing') then now() else coalesce(s.linked_at, now()) end`;
    const [last] = await tx.execute<{ phone: string | null }>(sql`
      select phone from wa_sessions where ${owned(owner)} for no key update`);
    const before = await move(tx, owner, "linked", null, also);
    if (before === null) return;
    await endAbsence(tx, owner);
    if (last?.phone && last.phone !== phone) await leaveOldPhone(tx, owner, phone);
    await tx.execute(sql`
      insert into wa_numbers (phone, tz, day)
      select ${phone}, tz, (app_now() at time zone tz)::date from users where id = ${owner.userId}
      on conflict (phone) do nothing`);
    if (before === "waiting" || before === "pairing") {
      await leaveOldLink(tx, owner);
      await recordAudit(tx, owner.userId, "session.linked", { sessionId: owner.sessionId });
    }
    await publish(tx, owner.userId, "session", owner.sessionId);
  });
}

async function endAbsence(tx: Db, { sessionId }: Owner): Promise<void> {
  await tx.execute(
    sql`update wa_disconnects set back_at = now() where wa_session_id = ${sessionId} and back_at is null`,
  );
}

/**
 * What an earlier link of this session left behind: under new keys its messages can neither be repeated nor read, so those
 * on their way become unknown, and campaigns go on when the user says so, not by themselves from another phone.
 */
async function leaveOldLink(tx: Db, owner: Owner): Promise<void> {
  await pauseCampaignsOfSession(tx, owner.sessionId, "logged_out");
  await tx.execute(sql`
    select move_message(id, 'sending', 'unknown', 'keep', null, null) from messages
     where wa_session_id = ${owner.sessionId} and status = 'sending' order by campaign_id, id`);
  await tx.execute(
    sql`update messages set encoded = null where wa_session_id = ${owner.sessionId} and encoded is not null`,
  );
  await tx.execute(sql`delete from media_uploads where wa_session_id = ${owner.sessionId}`);
}

/** What was meant for the phone before: no start goes by itself from another, and no test to a number that is not its own. */
async function leaveOldPhone(tx: Db, owner: Owner, phone: string): Promise<void> {
  await unscheduleOfSession(tx, owner.sessionId);
  await tx.execute(sql`
    select move_message(id, 'queued', 'skipped', 'release', 'number_changed', null) from messages
     where wa_session_id = ${owner.sessionId} and campaign_id is null and kind = 'test' and status = 'queued'
       and recipient_key <> ${`pn:${phone}`} order by id`);
}

const pauseFor: Partial<Record<SessionStatus, "logged_out" | "restricted">> = {
  logged_out: "logged_out",
  expired: "logged_out",
  restricted: "restricted",
};

/** Disconnects kept of a session. */
const KEPT = 50;

/** Writes down that a connection ended, under the lease alone and once: not that of a session that is over. The oldest go. */
async function recordDisconnect(db: Db, owner: Owner, code: number | null, reason: string): Promise<void> {
  await db.execute(sql`
    with added as (
      insert into wa_disconnects (id, wa_session_id, user_id, code, reason)
      select ${newId("waDisconnect")}, ${owner.sessionId}, ${owner.userId}, ${code}::int, ${reason}
       where exists (select 1 from wa_sessions where ${owned(owner)} and ${inStatus(statusesBefore("logged_out"))})
    )
    delete from wa_disconnects where wa_session_id = ${owner.sessionId} and id not in (
      select id from wa_disconnects where wa_session_id = ${owner.sessionId} order by at desc limit ${KEPT - 1})`);
}

/** Ends the session's life for now: its socket is not opened again until the user does something. */
async function end(db: Db, owner: Owner, to: SessionStatus, reason: string, wipe: boolean): Promise<void> {
  const ended = await db.transaction(async (tx) => {
    const erase = wipe ? sql`, credentials = null, wrapped_key = null, key_id = null, data_key_id = null` : none;
    const before = await move(tx, owner, to, reason, sql`, last_seen_at = now(), restricted_until = null ${erase}`);
    if (before === null) {
      // Told before, perhaps by a try that ended before the campaigns were paused.
      const [now] = await tx.execute<{ status: string }>(
        sql`select status from wa_sessions where id = ${owner.sessionId}`,
      );
      return now?.status === to;
    }
    if (wipe) await tx.execute(sql`delete from wa_session_keys where wa_session_id = ${owner.sessionId}`);
    await recordAudit(tx, owner.userId, `session.${to}`, { sessionId: owner.sessionId, reason });
    await publish(tx, owner.userId, "session", owner.sessionId);
    return true;
  });
  // A transaction of its own: campaigns are locked after sessions everywhere, and a failure here must not undo the above.
  const pause = pauseFor[to];
  if (ended && pause) await pauseCampaignsOfSession(db, owner.sessionId, pause);
}

/** Whether WhatsApp is being asked to forget this device because nobody used it: then a log-out is that one. */
async function isIdleUnlink(db: Db, owner: Owner): Promise<boolean> {
  const idle = await db.execute(sql`select 1 from wa_sessions where ${owned(owner)} and idle_unlinking_at is not null`);
  return idle.length > 0;
}

/** The connection ended: what that means for the session, by its code. `reason` is Baileys' sentence, or a word of ours. */
export async function reportClosed(
  db: Db,
  owner: Owner,
  closed: { code: number | null; reason: string },
): Promise<void> {
  const rule = disconnectRule(closed.code, closed.reason);
  if (rule.status === null) return;
  const idle = rule.status === "logged_out" && (await isIdleUnlink(db, owner));
  const reason = idle ? "idle" : rule.reason;
  await recordDisconnect(db, owner, closed.code, reason);
  if (rule.status !== "reconnecting") return end(db, owner, idle ? "expired" : rule.status, reason, rule.wipe);
  await db.transaction(async (tx) => {
    const moved = await move(tx, owner, "reconnecting", reason);
    if (moved === null) {
      // Not linked yet: it goes on waiting, and the code on the screen is void.
      await tx.execute(sql`update wa_sessions set qr = null, qr_expires_at = null, pairing_code = null,
        pairing_code_expires_at = null where ${owned(owner)}`);
    }
    await publish(tx, owner.userId, "session", owner.sessionId);
  });
}

/**
 * Nothing this process can do will bring the session back: its user is asked.
 * @param reason a word of ours, or the code of the last of several disconnects
 */
export async function reportBroken(db: Db, owner: Owner, reason: string): Promise<void> {
  const code = Number(reason);
  await recordDisconnect(db, owner, Number.isInteger(code) ? code : null, reason);
  return end(db, owner, "needs_attention", reason, reason === "other_phone");
}

/** Connected, with the backlog in: sending may begin. */
export async function reportReady(db: Db, owner: Owner): Promise<void> {
  await db.execute(sql`update wa_sessions set last_seen_at = now() where ${owned(owner)}`);
  await db.execute(sql`select book_pump(${owner.sessionId})`);
}
