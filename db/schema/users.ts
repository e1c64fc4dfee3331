import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf } from "./columns.ts";

export const users = pgTable(
  "users",
  {
    id: idOf("user").primaryKey(),
    email: text().notNull(),
    passwordHash: text().notNull(),
    tz: text().notNull(),
    isAdmin: boolean().notNull().default(false),
    termsAcceptedAt: at().notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("users_email").on(sql`lower(${t.email})`)],
);

/** Lucia's table: `id` is the SHA-256 of the token in the cookie, so that a copy of this table signs nobody in. */
export const loginSessions = pgTable(
  "login_sessions",
  {
    id: text().primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expiresAt: at().notNull(),
    createdAt: createdAt(),
  },
  (t) => [index("login_sessions_user").on(t.userId)],
);

export const apiTokens = pgTable(
  "api_tokens",
  {
    id: idOf("apiToken").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text().notNull(),
    tokenHash: text().notNull().unique(),
    lastUsedAt: at(),
    createdAt: createdAt(),
  },
  (t) => [index("api_tokens_user").on(t.userId)],
);

/** Append-only: a trigger refuses UPDATE and DELETE. `meta` holds ids and figures, never a number or a message text. */
export const auditLogs = pgTable(
  "audit_logs",
  {
    id: idOf("audit").primaryKey(),
    userId: idOf("user").notNull(),
    action: text().notNull(),
    meta: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
  },
  (t) => [index("audit_logs_user").on(t.userId, t.id)],
);

/** Counters of rate-limiter-flexible; `key` holds a hash of what is limited, never an address. */
export const rateLimits = pgTable("rate_limits", {
  key: text().primaryKey(),
  points: integer().notNull(),
  expire: at(),
});

/** Keys of the product itself, wrapped by a SESSION_KEY like the data keys of sessions. */
export const appKeys = pgTable("app_keys", {
  name: text().$type<"tombstones" | "webhooks">().primaryKey(),
  wrappedKey: bytea().notNull(),
  /** Which SESSION_KEY wrapped it. */
  keyId: text().notNull(),
});

/**
 * A window of one weekday (0 = Sunday), minutes from that day's midnight, half-open: [from, to). `to` beyond 1,440 lies in
 * the next day.
 */
export interface ActiveWindow {
  day: number;
  from: number;
  to: number;
}

/** Dates on which the week does not count, both included: only these windows do. */
export interface ActiveException {
  date: string;
  until: string;
  name: string;
  windows: { from: number; to: number }[];
}

/** When a user's messages may leave. No windows (null) means always. */
export const schedules = pgTable("schedules", {
  id: idOf("schedule").primaryKey(),
  userId: idOf("user")
    .notNull()
    .unique()
    .references(() => users.id),
  tz: text().notNull(),
  windows: jsonb().$type<ActiveWindow[]>(),
  exceptions: jsonb().$type<ActiveException[]>().notNull().default([]),
  paused: boolean().notNull().default(false),
  /** Open until then, whatever windows and exceptions say. A pause wins. */
  openUntil: at(),
  createdAt: createdAt(),
});
