import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { waCommands, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { getOwnSession, usedNow, wakeWorkers } from "./link.ts";
import { type SessionStatus, statusesForCommand } from "./rules.ts";
import type { SessionRef } from "./schema.ts";

type Kind = "unlink" | "read_limits" | "reconnect";

/** Asks the worker that holds the socket to do something; if none does in 30 s, the request lapses. @throws not_found, wrong_state, session_busy */
async function ask(tx: Db, userId: Id<"user">, id: Id<"waSession">, kind: Kind): Promise<void> {
  const session = await getOwnSession(tx, userId, id);
  const allowed: readonly SessionStatus[] = statusesForCommand[kind];
  if (!allowed.includes(session.status)) throw new DomainError("wrong_state", { status: session.status });
  // The lock serialises two clicks.
  await tx.update(waSessions).set(usedNow).where(eq(waSessions.id, id));
  const open = await tx
    .select({ id: waCommands.id })
    .from(waCommands)
    .where(
      and(
        eq(waCommands.waSessionId, id),
        eq(waCommands.userId, userId),
        eq(waCommands.kind, kind),
        eq(waCommands.status, "waiting"),
        sql`${waCommands.expiresAt} > now()`,
      ),
    );
  if (open.length > 0) throw new DomainError("session_busy");
  await tx.insert(waCommands).values({ id: newId("waCommand"), waSessionId: id, userId, kind });
  await wakeWorkers(tx, id);
  await publish(tx, userId, "session", id);
}

/** Logs this device out at WhatsApp. The session is logged out when its worker has done so. @throws not_found, wrong_state, session_busy */
export async function unlinkSession(tx: Db, userId: Id<"user">, input: SessionRef): Promise<void> {
  await ask(tx, userId, input.id, "unlink");
  await recordAudit(tx, userId, "session.unlink_asked", { sessionId: input.id });
}

/** Ends the pause before the next try to connect. @throws not_found, wrong_state, session_busy */
export const reconnectSession = (tx: Db, userId: Id<"user">, input: SessionRef): Promise<void> =>
  ask(tx, userId, input.id, "reconnect");

/** Asks WhatsApp what it forbids the account now. @throws not_found, wrong_state, session_busy */
export const readLimits = (tx: Db, userId: Id<"user">, input: SessionRef): Promise<void> =>
  ask(tx, userId, input.id, "read_limits");

/** The user wants to keep a phone linked that was not used for days. @throws not_found */
export async function keepSession(tx: Db, userId: Id<"user">, input: SessionRef): Promise<void> {
  await getOwnSession(tx, userId, input.id);
  await tx
    .update(waSessions)
    .set(usedNow)
    .where(and(eq(waSessions.id, input.id), eq(waSessions.userId, userId)));
  await publish(tx, userId, "session", input.id);
}
