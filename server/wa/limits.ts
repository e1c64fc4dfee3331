import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { recordAudit } from "../audit/record.ts";
import { pauseCampaignsOfSession } from "../campaigns/run/pause.ts";
import { publish } from "../events.ts";
import { move, type Owner, owned } from "./report.ts";

/** When WhatsApp does not say how long a restriction still lasts, it is asked again after so long. */
const UNSAID_MS = 60 * 60_000;

/**
 * WhatsApp forbids the account to start new chats, or allows it again. While it is forbidden nothing is sent and every
 * campaign of the session is paused; the socket stays open, because opt-outs and receipts still come.
 */
export async function reportReachout(
  db: Db,
  owner: Owner,
  said: { active: boolean; until: Date | null },
): Promise<void> {
  if (!said.active) {
    await lift(db, owned(owner));
    return;
  }
  // An end that has passed says nothing: only `active` counts.
  const until = said.until && said.until.getTime() > Date.now() ? said.until : new Date(Date.now() + UNSAID_MS);
  const changed = await db.transaction(async (tx) => {
    // Only what is linked can be restricted for a time: a lift brings it back to that.
    const [linked] = await tx.execute(sql`select 1 from wa_sessions
      where ${owned(owner)} and status in ('linked', 'reconnecting', 'restricted')`);
    if (!linked) return false;
    const also = sql`, restricted_until = ${until.toISOString()}::timestamptz`;
    if ((await move(tx, owner, "restricted", "reachout", also)) === null) return false;
    await recordAudit(tx, owner.userId, "session.restricted", {
      sessionId: owner.sessionId,
      until: until.toISOString(),
    });
    await publish(tx, owner.userId, "session", owner.sessionId);
    return true;
  });
  if (changed) await pauseCampaignsOfSession(db, owner.sessionId, "restricted");
}

/** How many new chats WhatsApp still allows the account, as it tells it. */
export async function reportNewChats(
  db: Db,
  owner: Owner,
  said: { total: number | null; used: number | null; state: string; cycleEnds: Date | null },
): Promise<void> {
  const kept = JSON.stringify({ ...said, cycleEnds: said.cycleEnds?.toISOString() ?? null });
  await db.transaction(async (tx) => {
    const [row] = await tx.execute(sql`
      update wa_sessions set new_chats = ${kept}::text::jsonb
       where ${owned(owner)} and new_chats is distinct from ${kept}::text::jsonb returning id`);
    if (row) await publish(tx, owner.userId, "session", owner.sessionId);
  });
}

/** Ends the restrictions whose time is over. Campaigns go on when their user says so. */
export async function liftEndedRestrictions(db: Db): Promise<void> {
  await lift(db, sql`restricted_until <= now()`);
}

async function lift(db: Db, which: ReturnType<typeof sql>): Promise<void> {
  await db.transaction(async (tx) => {
    const lifted = await tx.execute<{ id: Id<"waSession">; user_id: Id<"user"> }>(sql`
      update wa_sessions set status = 'linked', status_reason = null, restricted_until = null, status_at = now()
       where ${which} and status = 'restricted' and restricted_until is not null
      returning id, user_id`);
    for (const session of lifted) {
      await recordAudit(tx, session.user_id, "session.restriction_lifted", { sessionId: session.id });
      await publish(tx, session.user_id, "session", session.id);
    }
  });
}
