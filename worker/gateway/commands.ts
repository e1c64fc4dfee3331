import type { Sql } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { publish } from "#server/events.ts";
import type { LifeDeps, SessionLife } from "./session-life.ts";

interface Command {
  id: Id<"waCommand">;
  waSessionId: Id<"waSession">;
  userId: Id<"user">;
  kind: "unlink";
}

async function answer(
  { sql, db }: Pick<LifeDeps, "sql" | "db">,
  command: Command,
  status: "done" | "failed",
  result: Record<string, string>,
): Promise<void> {
  await sql`update wa_commands set status = ${status}, result = ${JSON.stringify(result)}::text::jsonb
             where id = ${command.id} and status = 'waiting'`;
  await publish(db, command.userId, "session", command.waSessionId);
}

const waitingOf = (sql: Sql, sessions: readonly Id<"waSession">[]) => sql<Command[]>`
  select id, wa_session_id as "waSessionId", user_id as "userId", kind from wa_commands
   where status = 'waiting' and wa_session_id = any(${[...sessions]}::text[]) and expires_at > now() order by id`;

/**
 * Does what the sessions held here were asked to do. A command to a session that is not connected waits for the next call,
 * until it expires.
 */
export async function doCommands(
  deps: Pick<LifeDeps, "sql" | "db">,
  lives: ReadonlyMap<Id<"waSession">, SessionLife>,
): Promise<void> {
  if (lives.size === 0) return;
  for (const command of await waitingOf(deps.sql, [...lives.keys()])) {
    switch (command.kind) {
      case "unlink":
        if (await lives.get(command.waSessionId)?.logout()) await answer(deps, command, "done", {});
        break;
      default:
        command.kind satisfies never;
    }
  }
}

/** Answers what nobody did in time, so that no screen waits for it. */
export async function expireCommands(deps: Pick<LifeDeps, "sql" | "db">): Promise<void> {
  const late = await deps.sql<Command[]>`
    select id, wa_session_id as "waSessionId", user_id as "userId", kind from wa_commands
     where status = 'waiting' and expires_at <= now()`;
  for (const command of late) await answer(deps, command, "failed", { why: "session offline" });
}
