import { eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, isId, newId } from "#db/ids.ts";
import { waCommands, waSessionKeys, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { MISSED } from "../campaigns/schedule/rules.ts";
import { publish } from "../events.ts";
import { shredded, wakeWorkers } from "./link.ts";
import { idleStep } from "./rules.ts";

const useRow = z.object({
  id: z.custom<Id<"waSession">>((id) => typeof id === "string" && isId("waSession", id)),
  userId: z.custom<Id<"user">>((id) => typeof id === "string" && isId("user", id)),
  lastUsedAt: z.coerce.date(),
  busy: z.boolean(),
  warnedAt: z.coerce.date().nullable(),
  unlinkingAt: z.coerce.date().nullable(),
  now: z.coerce.date(),
});
type Idle = z.infer<typeof useRow>;

/** SQL, of a campaign: its time to start was missed, and it waits for its user's answer. */
const isMissed = sql`(status = 'scheduled' and schedule_problem = ${MISSED})`;

/**
 * The linked phones among `which`, each with its last use: on screen, by a message that left, by a campaign that ended. One
 * that missed its time counts as a use at that time, and no longer: nobody came to answer for it, and nothing of it will be
 * sent before somebody does.
 */
async function readUse(tx: Db, which: SQL): Promise<Idle[]> {
  const rows = await tx.execute(sql`
    select s.id, s.user_id as "userId", s.idle_warned_at as "warnedAt", s.idle_unlinking_at as "unlinkingAt",
           greatest(s.last_used_at, s.linked_at, m.at, c.at) as "lastUsedAt", coalesce(c.busy, false) as busy, app_now() as now
      from wa_sessions s
      left join lateral (select max(greatest(sending_at, sent_at)) as at from messages where wa_session_id = s.id) m on true
      left join lateral (select max(case when ${isMissed} then scheduled_for else finished_at end) as at,
                                bool_or(status not in ('draft', 'cancelled', 'completed') and not coalesce(${isMissed}, false)) as busy
                           from campaigns where user_id = s.user_id and wa_session_id = s.id) c on true
     where s.status in ('linked', 'reconnecting', 'restricted') and ${which}`);
  return rows.map((row) => useRow.parse(row));
}

/** Whether a phone is still to be unlinked because nobody uses it: its user may have come back since that was asked. */
export async function isToBeUnlinked(tx: Db, id: Id<"waSession">): Promise<boolean> {
  const [session] = await readUse(tx, sql`s.id = ${id} and s.idle_unlinking_at is not null`);
  if (!session) return false;
  const step = idleStep(session, session.now);
  return step === "unlink" || step === "wipe";
}

/** Warns the users of phones that nobody uses, and unlinks those that were warned of in time: each by itself. */
export async function expireIdle(db: Db): Promise<void> {
  const quiet = sql`(s.idle_warned_at is not null or s.last_used_at < app_now() - interval '1 day')`;
  for (const { id } of await readUse(db, quiet)) await db.transaction((tx) => takeStep(tx, id));
}

async function takeStep(tx: Db, id: Id<"waSession">): Promise<void> {
  // Whatever its user does at this moment comes before or after.
  await tx.execute(sql`select 1 from wa_sessions where id = ${id} for no key update`);
  const [session] = await readUse(tx, sql`s.id = ${id}`);
  if (!session) return;
  const { userId } = session;
  const set = (change: Parameters<ReturnType<typeof tx.update<typeof waSessions>>["set"]>[0]) =>
    tx.update(waSessions).set(change).where(eq(waSessions.id, id));
  switch (idleStep(session, session.now)) {
    case "none":
      return;
    case "warn":
      await set({ idleWarnedAt: sql`app_now()`, idleUnlinkingAt: null });
      await recordAudit(tx, userId, "session.idle_warned", { sessionId: id });
      break;
    case "clear":
      await set({ idleWarnedAt: null, idleUnlinkingAt: null });
      break;
    case "unlink":
      await askToUnlink(tx, session);
      break;
    case "wipe":
      await set({
        status: "expired",
        statusReason: "idle_offline",
        statusAt: sql`now()`,
        restrictedUntil: null,
        ...shredded,
      });
      await tx.delete(waSessionKeys).where(eq(waSessionKeys.waSessionId, id));
      await recordAudit(tx, userId, "session.expired", { sessionId: id, reason: "idle_offline" });
      await wakeWorkers(tx, id);
  }
  await publish(tx, userId, "session", id);
}

/** Through the worker that holds the socket, so that the phone's list of linked devices is clean; if none can, in an hour again. */
async function askToUnlink(tx: Db, { id, userId, unlinkingAt }: Idle): Promise<void> {
  const open = await tx.execute(sql`select 1 from wa_commands
    where wa_session_id = ${id} and kind = 'unlink' and status = 'waiting' and expires_at > now()`);
  if (open.length > 0) return;
  await tx
    .update(waSessions)
    .set({ idleUnlinkingAt: unlinkingAt ?? sql`app_now()` })
    .where(eq(waSessions.id, id));
  const input = { because: "idle" };
  await tx.insert(waCommands).values({ id: newId("waCommand"), waSessionId: id, userId, kind: "unlink", input });
  if (!unlinkingAt) await recordAudit(tx, userId, "session.idle_unlink_asked", { sessionId: id });
  await wakeWorkers(tx, id);
}
