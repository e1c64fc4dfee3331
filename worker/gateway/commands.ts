import { sql as query } from "drizzle-orm";
import { z } from "zod";
import type { Db, Sql } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { waCommands } from "#db/schema/index.ts";
import { keepErasuresOut } from "#server/contacts/lock.ts";
import { forgetChecks, numbersToAsk, storeChecks } from "#server/contacts/numbers/check-numbers.ts";
import { publish } from "#server/events.ts";
import { answerWithoutErased, expireAnswers } from "#server/groups/answers.ts";
import { groupQuestion } from "#server/groups/schema.ts";
import { tombstonePads } from "#server/opt-outs/tombstones.ts";
import { isToBeUnlinked } from "#server/wa/idle.ts";
import { GroupRefused } from "./baileys/groups.ts";
import type { LifeDeps, SessionLife } from "./session-life.ts";

type Kind = (typeof waCommands.$inferSelect)["kind"];

interface Command {
  id: Id<"waCommand">;
  waSessionId: Id<"waSession">;
  userId: Id<"user">;
  kind: Kind;
  input: unknown;
}

type CommandDeps = Pick<LifeDeps, "sql" | "db" | "log" | "env">;
type Result = Record<string, unknown>;
/** What a handler comes to: `undefined` says that it has to wait until there is a socket. */
type Outcome = Result | "answered" | undefined;

/** What is being done by this process: a command that takes long is not begun twice. */
const doing = new Set<Id<"waCommand">>();

async function answer(db: Db, command: Command, status: "done" | "failed", result: Result): Promise<void> {
  await db.execute(query`update wa_commands set status = ${status}, result = ${JSON.stringify(result)}::text::jsonb
             where id = ${command.id} and status = 'waiting'`);
  await publish(db, command.userId, "session", command.waSessionId);
}

const waitingOf = (sql: Sql, sessions: readonly Id<"waSession">[]) => sql<Command[]>`
  select id, wa_session_id as "waSessionId", user_id as "userId", kind, input from wa_commands
   where status = 'waiting' and wa_session_id = any(${[...sessions]}::text[]) and expires_at > now() order by id`;

const unlinkInput = z.object({ because: z.literal("idle").optional() });
const numbersInput = z.object({ contactIds: z.array(z.string()).max(1_000) });

/** What each command does with the socket. */
const handlers = {
  async unlink({ db }, command, life): Promise<Outcome> {
    const connection = life.connected();
    if (!connection) return undefined;
    const idle = unlinkInput.parse(command.input).because === "idle";
    if (idle && !(await isToBeUnlinked(db, command.waSessionId))) return { kept: "it is used again" };
    await connection.logout();
    return {};
  },
  async read_limits(_deps, _command, life) {
    const connection = life.connected();
    if (!connection) return undefined;
    await connection.askLimits();
    return {};
  },
  async reconnect(_deps, _command, life) {
    life.retryNow();
    return {};
  },
  async check_numbers({ db }, command, life) {
    const connection = life.connected();
    if (!connection) return undefined;
    const { contactIds } = numbersInput.parse(command.input);
    const phones = await numbersToAsk(db, command, contactIds);
    const known = await connection.findOnWhatsApp(phones).catch(async (error: unknown) => {
      await forgetChecks(db, command, phones);
      throw error;
    });
    await storeChecks(db, command, phones, known);
    return { checked: phones.length, without: phones.length - known.size };
  },
  async list_groups(_deps, _command, life) {
    const connection = life.connected();
    return connection && { groups: await connection.listGroups() };
  },
  async read_group({ db, env }, command, life) {
    const connection = life.connected();
    if (!connection) return undefined;
    const group = await connection.readGroup(groupQuestion.parse(command.input));
    const pads = await tombstonePads(db, env.sessionKeys);
    await db.transaction(async (tx) => {
      await keepErasuresOut(tx, command.userId);
      await answer(tx, command, "done", await answerWithoutErased(tx, pads, command.userId, group));
    });
    return "answered";
  },
} satisfies {
  [K in Kind]: (deps: CommandDeps, command: Command, life: SessionLife) => Promise<Outcome>;
};

async function perform(deps: CommandDeps, command: Command, life: SessionLife): Promise<void> {
  try {
    const result = await handlers[command.kind](deps, command, life);
    if (result && result !== "answered") await answer(deps.db, command, "done", result);
  } catch (err) {
    if (err instanceof GroupRefused) return await answer(deps.db, command, "failed", { why: err.why });
    deps.log.warn({ err, event: "command.failed", kind: command.kind }, "a command could not be done");
    await answer(deps.db, command, "failed", { why: "WhatsApp did not answer" });
  } finally {
    doing.delete(command.id);
  }
}

/**
 * Does what the sessions held here were asked to do, each command beside the others. One to a session that is not connected
 * waits for the next call, until it expires.
 */
export async function doCommands(deps: CommandDeps, lives: ReadonlyMap<Id<"waSession">, SessionLife>): Promise<void> {
  if (lives.size === 0) return;
  for (const command of await waitingOf(deps.sql, [...lives.keys()])) {
    const life = lives.get(command.waSessionId);
    if (!life || doing.has(command.id)) continue;
    doing.add(command.id);
    void perform(deps, command, life).catch((err: unknown) => {
      deps.log.warn({ err, event: "command.unanswered" }, "a command could not be answered");
    });
  }
}

/** Answers what nobody did in time, so that no screen waits for it, and erases answers about people that are old. */
export async function expireCommands(deps: CommandDeps): Promise<void> {
  const late = await deps.sql<Command[]>`
    select id, wa_session_id as "waSessionId", user_id as "userId", kind, input from wa_commands
     where status = 'waiting' and expires_at <= now()`;
  for (const command of late) await answer(deps.db, command, "failed", { why: "session offline" });
  await expireAnswers(deps.db);
}
