import { sql } from "drizzle-orm";
import { bigint, date, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";

/** One linked device of a user's WhatsApp account. Its states: server/wa/rules.ts. */
export const waSessions = pgTable(
  "wa_sessions",
  {
    id: idOf("waSession").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    mode: text().$type<"qr">().notNull().default("qr"),
    /** Which WhatsApp it is linked with: credentials of the local one must never reach the real one, nor the other way. */
    network: text().$type<"simulator" | "live">().notNull(),
    status: text()
      .$type<
        | "new"
        | "waiting"
        | "pairing"
        | "linked"
        | "reconnecting"
        | "needs_attention"
        | "restricted"
        | "logged_out"
        | "expired"
        | "removed"
      >()
      .notNull()
      .default("new"),
    /** Why the status is what it is: a disconnect code such as "440", or a word of ours. */
    statusReason: text(),
    statusAt: at().notNull().defaultNow(),
    restrictedUntil: at(),
    /** E.164 with "+", once linked. */
    phone: text(),
    lid: text(),
    pushName: text(),
    qr: text(),
    qrExpiresAt: at(),

    ownerId: idOf("worker"),
    epoch: bigint({ mode: "number" }).notNull().default(0),
    leaseUntil: at(),
    nextSendAt: at().notNull().defaultNow(),

    /** The session's data key, wrapped by SESSION_KEY; `keyId` names which one. */
    wrappedKey: bytea(),
    keyId: text(),
    credentials: bytea(),

    linkedAt: at(),
    lastSeenAt: at(),
    createdAt: createdAt(),
  },
  (t) => [index("wa_sessions_user").on(t.userId), index("wa_sessions_lease").on(t.leaseUntil)],
);

/** Signal keys, each encrypted. `keyHash` is an HMAC, because Baileys' key ids contain phone numbers. */
export const waSessionKeys = pgTable(
  "wa_session_keys",
  {
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id, { onDelete: "cascade" }),
    userId: idOf("user").notNull(),
    kind: text().notNull(),
    keyHash: text().notNull(),
    value: bytea().notNull(),
  },
  (t) => [primaryKey({ columns: [t.waSessionId, t.kind, t.keyHash] })],
);

/** What a linked phone number has sent today, whoever links it and however often. Its day uses the zone fixed at linking. */
export const waNumbers = pgTable("wa_numbers", {
  phone: text().primaryKey(),
  tz: text().notNull(),
  day: date().notNull(),
  daySent: integer().notNull().default(0),
});

/** What needs the socket at once: written by web, done by the session's owner, answered in the row. */
export const waCommands = pgTable(
  "wa_commands",
  {
    id: idOf("waCommand").primaryKey(),
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id, { onDelete: "cascade" }),
    userId: idOf("user").notNull(),
    kind: text().$type<"unlink">().notNull(),
    status: text().$type<"waiting" | "done" | "failed">().notNull().default("waiting"),
    result: jsonb().$type<Record<string, unknown>>(),
    expiresAt: at().notNull().default(sql`now() + interval '30 seconds'`),
    createdAt: createdAt(),
  },
  (t) => [index("wa_commands_waiting").on(t.waSessionId, t.id).where(sql`${t.status} = 'waiting'`)],
);

/** Worker processes. A job of a worker is released when its advisory lock is gone and this heartbeat is old. */
export const workers = pgTable("workers", {
  id: idOf("worker").primaryKey(),
  lockKey: bigint({ mode: "number" }).notNull(),
  /** The names under which graphile-worker locks jobs for this process. */
  runnerIds: text().array().notNull().default([]),
  startedAt: at().notNull().defaultNow(),
  heartbeatAt: at().notNull().defaultNow(),
});
