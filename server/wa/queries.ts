import { and, desc, eq, inArray, ne, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { users, waCommands, waDisconnects, waNumbers, waSessions } from "#db/schema/index.ts";
import { type Details, DomainError } from "../errors.ts";
import { IDLE_WARNING_DAYS, tellDisconnect, tellSession } from "./rules.ts";

/** Disconnects shown of a session. */
const SHOWN = 10;

const columns = {
  id: waSessions.id,
  status: waSessions.status,
  statusReason: waSessions.statusReason,
  statusAt: waSessions.statusAt,
  restrictedUntil: waSessions.restrictedUntil,
  phone: waSessions.phone,
  pushName: waSessions.pushName,
  qr: sql<string | null>`case when ${waSessions.qrExpiresAt} > now() then ${waSessions.qr} end`,
  qrExpiresAt: waSessions.qrExpiresAt,
  linkBy: waSessions.linkBy,
  pairingPhone: waSessions.pairingPhone,
  pairingCode: sql<
    string | null
  >`case when ${waSessions.pairingCodeExpiresAt} > now() then ${waSessions.pairingCode} end`,
  pairingCodeExpiresAt: waSessions.pairingCodeExpiresAt,
  newChats: waSessions.newChats,
  owner: sql<string | null>`case when ${waSessions.leaseUntil} > now() then ${waSessions.ownerId} end`,
  /** Set when it is warned of: the day it will be unlinked, unless it is used. */
  idleUntil: sql<Date | null>`case when ${waSessions.idleWarnedAt} is not null
    then ${waSessions.idleWarnedAt} + make_interval(days => ${IDLE_WARNING_DAYS}) end`.mapWith(waSessions.lastUsedAt),
  linkedAt: waSessions.linkedAt,
  lastSeenAt: waSessions.lastSeenAt,
  createdAt: waSessions.createdAt,
  leaseUntil: waSessions.leaseUntil,
  held: sql<boolean>`coalesce(${waSessions.leaseUntil} > now(), false)`,
  // What the number sent today; its day is the one of the zone fixed when it was first linked.
  sentToday: sql<number>`coalesce(case when ${waNumbers.day} = (app_now() at time zone ${waNumbers.tz})::date
    then ${waNumbers.daySent} end, 0)::int`,
  dayTz: waNumbers.tz,
};

const rowsOf = (tx: Db) =>
  tx.select(columns).from(waSessions).leftJoin(waNumbers, eq(waNumbers.phone, waSessions.phone)).$dynamic();
type Row = Awaited<ReturnType<typeof rowsOf>>[number];

function present({ held, leaseUntil, statusReason, statusAt, ...row }: Row, dailyCap: number) {
  // Linked, and nobody holds its socket: a worker that comes back connects it.
  const offline = row.status === "linked" && !held;
  const status = offline ? ("reconnecting" as const) : row.status;
  const reason = offline ? "offline" : statusReason;
  return {
    ...row,
    status,
    statusReason: reason,
    statusAt: (offline && leaseUntil) || statusAt,
    ...tellSession(status, reason, row.linkBy),
    dailyCap,
  };
}

const visible = (userId: Id<"user">) => and(eq(waSessions.userId, userId), ne(waSessions.status, "removed"));

/** The user's phones, oldest first, each with the last thing its socket was asked to do. Codes that ran out are not shown. */
export async function listSessions(tx: Db, userId: Id<"user">, dailyCap: number) {
  const rows = await rowsOf(tx).where(visible(userId)).orderBy(waSessions.createdAt);
  const commands = await lastCommands(
    tx,
    userId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({ ...present(row, dailyCap), command: commands.get(row.id) ?? null }));
}

/** One phone, as in the list, and its last disconnects. @throws not_found */
export async function getSession(tx: Db, userId: Id<"user">, id: Id<"waSession">, dailyCap: number) {
  const [row] = await rowsOf(tx).where(and(visible(userId), eq(waSessions.id, id)));
  if (!row) throw new DomainError("not_found");
  const disconnects = await recentDisconnects(tx, id);
  const commands = await lastCommands(tx, userId, [id]);
  return { ...present(row, dailyCap), command: commands.get(id) ?? null, disconnects };
}

/** What each session was last asked to do, within a day, and what became of it. */
async function lastCommands(tx: Db, userId: Id<"user">, ids: Id<"waSession">[]) {
  const rows = await tx
    .selectDistinctOn([waCommands.waSessionId], {
      sessionId: waCommands.waSessionId,
      kind: waCommands.kind,
      status: sql<"waiting" | "done" | "failed">`case when ${waCommands.status} = 'waiting'
        and ${waCommands.expiresAt} <= now() then 'failed' else ${waCommands.status} end`,
      /** Why it failed, as the worker put it. */
      why: sql<string | null>`${waCommands.result} ->> 'why'`,
      at: waCommands.createdAt,
    })
    .from(waCommands)
    .where(
      and(
        inArray(waCommands.waSessionId, ids),
        eq(waCommands.userId, userId),
        sql`${waCommands.createdAt} > now() - interval '1 day'`,
      ),
    )
    .orderBy(waCommands.waSessionId, desc(waCommands.id));
  return new Map(rows.map(({ sessionId, ...command }) => [sessionId, command]));
}

/** The last times the connection ended, newest first, each with what it means. */
async function recentDisconnects(tx: Db, id: Id<"waSession">) {
  const rows = await tx
    .select({
      at: waDisconnects.at,
      backAt: waDisconnects.backAt,
      code: waDisconnects.code,
      reason: waDisconnects.reason,
    })
    .from(waDisconnects)
    .where(eq(waDisconnects.waSessionId, id))
    .orderBy(desc(waDisconnects.at))
    .limit(SHOWN);
  return rows.map((row) => ({ ...row, meaning: tellDisconnect(row.reason) }));
}

type Phone = Pick<typeof waSessions.$inferSelect, "status" | "restrictedUntil">;

/** Why nothing can be asked of or sent from a phone at the moment, as a refusal; null when it can, or comes back by itself. */
export async function phoneProblem(
  tx: Db,
  userId: Id<"user">,
  phone: Phone | null | undefined,
): Promise<{ code: "account_restricted" | "session_not_linked"; details: Details } | null> {
  if (phone?.status === "linked" || phone?.status === "reconnecting") return null;
  if (phone?.status !== "restricted") return { code: "session_not_linked", details: {} };
  const until = phone.restrictedUntil;
  if (until === null) return { code: "account_restricted", details: {} };
  const [user] = await tx.select({ tz: users.tz }).from(users).where(eq(users.id, userId));
  return { code: "account_restricted", details: { until: until.toISOString(), tz: user?.tz ?? "UTC" } };
}
