import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { waCommands, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { getOwnSession, usedNow, wakeWorkers } from "../wa/link.ts";
import type { SessionStatus } from "../wa/rules.ts";
import { lastQuestion } from "./answers.ts";
import { inviteCodeOf, LIST_EVERY_MS, statusesForGroups } from "./rules.ts";
import type { GroupQuestion, OpenInput } from "./schema.ts";

type Kind = "list_groups" | "read_group";

/** The one question about groups that a phone is being asked at the moment. Locks the session: two clicks wait for each other. */
async function openQuestion(tx: Db, userId: Id<"user">, sessionId: Id<"waSession">) {
  const session = await getOwnSession(tx, userId, sessionId);
  const allowed: readonly SessionStatus[] = statusesForGroups;
  if (!allowed.includes(session.status)) throw new DomainError("session_not_linked");
  await tx.update(waSessions).set(usedNow).where(eq(waSessions.id, sessionId));
  const [open] = await tx
    .select({ id: waCommands.id, kind: waCommands.kind, input: waCommands.input })
    .from(waCommands)
    .where(
      and(
        eq(waCommands.waSessionId, sessionId),
        eq(waCommands.userId, userId),
        eq(waCommands.status, "waiting"),
        sql`${waCommands.kind} in ('list_groups', 'read_group') and ${waCommands.expiresAt} > now()`,
      ),
    );
  return open;
}

async function ask(
  tx: Db,
  userId: Id<"user">,
  sessionId: Id<"waSession">,
  kind: Kind,
  input: GroupQuestion | Record<string, never>,
): Promise<Id<"waCommand">> {
  const id = newId("waCommand");
  await tx.insert(waCommands).values({ id, waSessionId: sessionId, userId, kind, input });
  await recordAudit(tx, userId, `groups.${kind}`, { sessionId, commandId: id });
  await wakeWorkers(tx, sessionId);
  await publish(tx, userId, "session", sessionId);
  return id;
}

/**
 * Asks which groups a phone is in. Within 30 s of an answer, that one serves.
 * @throws not_found, session_not_linked, session_busy
 */
export async function refreshGroups(
  tx: Db,
  userId: Id<"user">,
  { sessionId }: { sessionId: Id<"waSession"> },
): Promise<void> {
  const open = await openQuestion(tx, userId, sessionId);
  if (open?.kind === "list_groups") return;
  if (open) throw new DomainError("session_busy");
  const last = await lastQuestion(tx, userId, sessionId, "list_groups");
  if (last?.state === "answered" && last.ageMs < LIST_EVERY_MS) return;
  await ask(tx, userId, sessionId, "list_groups", {});
}

/**
 * Asks who is in a group, named by its key or by an invite link of it. The answer tells nothing unless the phone is in it.
 * @returns the question, by which `preview` finds the answer
 * @throws not_found, session_not_linked, session_busy
 */
export async function openGroup(tx: Db, userId: Id<"user">, input: OpenInput): Promise<{ question: Id<"waCommand"> }> {
  const wanted: GroupQuestion =
    "groupKey" in input ? { groupKey: input.groupKey } : { invite: inviteCodeOf(input.inviteLink) ?? "" };
  const open = await openQuestion(tx, userId, input.sessionId);
  if (open && JSON.stringify(open.input) === JSON.stringify(wanted)) return { question: open.id };
  if (open) throw new DomainError("session_busy");
  return { question: await ask(tx, userId, input.sessionId, "read_group", wanted) };
}
