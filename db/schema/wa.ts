import { sql } from "drizzle-orm";
import { bigint, boolean, date, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
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
        | "passkey_required"
        | "removed"
      >()
      .notNull()
      .default("new"),
    /** Why the status is what it is: a disconnect code such as "440", or a word of ours. */
    statusReason: text(),
    statusAt: at().notNull().defaultNow(),
    /** While it is set the socket stays open: WhatsApp forbids new chats, not reading. A ban has no end and no socket. */
    restrictedUntil: at(),
    /** E.164 with "+", once linked. */
    phone: text(),
    lid: text(),
    pushName: text(),
    /** How the phone is to be linked: by the QR code, or by a code that is typed on it. */
    linkBy: text().$type<"qr" | "code">().notNull().default("qr"),
    qr: text(),
    qrExpiresAt: at(),
    /** E.164 with "+": whose phone the pairing code is for. */
    pairingPhone: text(),
    pairingCode: text(),
    pairingCodeExpiresAt: at(),
    /** The user agreed that another phone than `phone` may be linked here. */
    replacePhone: boolean().notNull().default(false),

    ownerId: idOf("worker"),
    epoch: bigint({ mode: "number" }).notNull().default(0),
    leaseUntil: at(),
    nextSendAt: at().notNull().defaultNow(),

    /** The session's data key, wrapped by SESSION_KEY; `keyId` names which one, and changes when that key is rotated. */
    wrappedKey: bytea(),
    keyId: text(),
    /** Names the data key itself, in the seal of every row; it stays when the data key is wrapped anew. */
    dataKeyId: text(),
    credentials: bytea(),

    linkedAt: at(),
    lastSeenAt: at(),
    /** The last thing the user did with it on screen; what it sent counts as use too. */
    lastUsedAt: at().notNull().defaultNow(),
    idleWarnedAt: at(),
    /** Nobody used it: since then WhatsApp is asked to unlink it. Whatever log-out comes meanwhile is for that reason. */
    idleUnlinkingAt: at(),
    /** WhatsApp's own limit of new chats, as it last told it. */
    newChats: jsonb().$type<{ total: number | null; used: number | null; state: string; cycleEnds: string | null }>(),
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
  /** Questions whether a number has WhatsApp, on the day `checkedOn`. */
  dayChecked: integer().notNull().default(0),
  checkedOn: date(),
});

/** Each time a connection ended, the newest 50 of a session: what happened, as far as WhatsApp said. */
export const waDisconnects = pgTable(
  "wa_disconnects",
  {
    id: idOf("waDisconnect").primaryKey(),
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id, { onDelete: "cascade" }),
    userId: idOf("user").notNull(),
    code: integer(),
    /** A word of server/wa/rules.ts. */
    reason: text().notNull(),
    at: at().notNull().defaultNow(),
    /** When the session was connected again. */
    backAt: at(),
  },
  (t) => [index("wa_disconnects_session").on(t.waSessionId, t.at.desc())],
);

/** What needs the socket at once: written by web, done by the session's owner, answered in the row. */
export const waCommands = pgTable(
  "wa_commands",
  {
    id: idOf("waCommand").primaryKey(),
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id, { onDelete: "cascade" }),
    userId: idOf("user").notNull(),
    kind: text()
      .$type<"unlink" | "check_numbers" | "read_limits" | "reconnect" | "list_groups" | "read_group">()
      .notNull(),
    input: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    status: text().$type<"waiting" | "done" | "failed">().notNull().default("waiting"),
    result: jsonb().$type<Record<string, unknown>>(),
    expiresAt: at().notNull().default(sql`now() + interval '30 seconds'`),
    createdAt: createdAt(),
  },
  (t) => [
    index("wa_commands_waiting").on(t.waSessionId, t.id).where(sql`${t.status} = 'waiting'`),
    index("wa_commands_session").on(t.waSessionId, t.id),
    index("wa_commands_expires").on(t.expiresAt),
  ],
);

/** Worker processes. A job of a worker is released when its advisory lock is gone and this heartbeat is old. */
export const workers = pgTable("workers", {
  id: idOf("worker").primaryKey(),
  lockKey: bigint({ mode: "number" }).notNull(),
  /** The names under which graphile-worker locks jobs for this process. */
  runnerIds: text().array().notNull().default([]),
  /** How many sessions it may hold, and of which WhatsApp: sessions are spread over the workers present. */
  capacity: integer().notNull().default(20),
  network: text().$type<"simulator" | "live">().notNull().default("simulator"),
  startedAt: at().notNull().defaultNow(),
  heartbeatAt: at().notNull().defaultNow(),
});
