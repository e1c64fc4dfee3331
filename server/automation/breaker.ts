import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { recordAudit } from "../audit/record.ts";
import { publish } from "../events.ts";
import { moveMessage } from "../messages/move.ts";
import { textArray } from "../opt-outs/known-identities.ts";

/**
 * The rules of a phone stop, and its user is told, until a person lets them go on. What is queued by them does not go.
 * @param tx holds the lock of the session
 */
export async function stopPhone(
  tx: Db,
  stopped: {
    userId: Id<"user">;
    waSessionId: Id<"waSession">;
    inboundId: Id<"inboundMessage">;
    reason: "too_many" | "loop";
  },
): Promise<void> {
  const { userId, waSessionId, inboundId, reason } = stopped;
  await tx.execute(sql`
    insert into auto_breakers (wa_session_id, user_id, reason, inbound_id) values (${waSessionId}, ${userId}, ${reason}, ${inboundId})
    on conflict (wa_session_id) do update
       set reason = excluded.reason, inbound_id = excluded.inbound_id, tripped_at = now(), resumed_at = null`);
  await dropWaiting(tx, sql`m.wa_session_id = ${waSessionId}`, "rules_stopped");
  await recordAudit(tx, userId, "rules.stopped", { waSessionId, reason });
  await publish(tx, userId, "rules", waSessionId);
}

/**
 * Leaves out automatic answers that have not gone yet.
 * @param which over `m`, the messages
 * @param tx holds the locks of their sessions, and no wallet
 * @returns how many
 */
export async function dropWaiting(
  tx: Db,
  which: ReturnType<typeof sql>,
  errorCode: "rules_stopped" | "rule_changed" | "replaced",
): Promise<number> {
  // All of them before the wallet, which the first may need.
  const waiting = await tx.execute<{ id: Id<"message"> }>(sql`
    select m.id from messages m where ${which} and m.kind = 'auto_reply' and m.status = 'queued'
     order by m.id for no key update of m`);
  for (const { id } of waiting) {
    await moveMessage(tx, id, { from: "queued", to: "skipped", points: "release", errorCode });
  }
  return waiting.length;
}

/** The rules that have an answer to a person waiting, on one phone. */
export async function waitingFor(
  tx: Db,
  waSessionId: Id<"waSession">,
  known: readonly string[],
): Promise<Set<Id<"autoRule">>> {
  const rows = await tx.execute<{ ruleId: Id<"autoRule"> }>(sql`
    select r.rule_id as "ruleId" from messages m join auto_replies r on r.message_id = m.id
     where m.wa_session_id = ${waSessionId} and m.recipient_key = any(${textArray(known)}) and m.kind = 'auto_reply' and m.status = 'queued'`);
  return new Set(rows.map(({ ruleId }) => ruleId));
}
