import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, pgTable, text, unique } from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";

/** Where a user wants to be told of what happens. */
export const webhookEndpoints = pgTable(
  "webhook_endpoints",
  {
    id: idOf("webhookEndpoint").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    url: text().notNull(),
    description: text().notNull().default(""),
    /** Signs what goes there: sealed, and never readable for a page. */
    secret: bytea().notNull(),
    /** The one before, which signs too for a while, so that a receiver can change over without missing anything. */
    previousSecret: bytea(),
    previousUntil: at(),
    events: text()
      .array()
      .$type<("message.received" | "message.status" | "campaign.*" | "session.*" | "plan.*")[]>()
      .notNull(),
    enabled: boolean().notNull().default(true),
    /** `failing`: nothing but failures for days. `gone`: it answered 410. */
    disabledReason: text().$type<"user" | "failing" | "gone">(),
    disabledAt: at(),
    /** The number of the last event that was taken up for it. */
    lastSequence: bigint({ mode: "number" }).notNull().default(0),
    /** Failures in a row, of whatever delivery, and since when; while there are any it is left alone until `resumeAt`. */
    failures: integer().notNull().default(0),
    failingSince: at(),
    resumeAt: at().notNull().defaultNow(),
    createdAt: createdAt(),
    changedAt: at(),
  },
  (t) => [index("webhook_endpoints_wanted").on(t.userId).where(sql`${t.enabled}`)],
);

/** One try to deliver, for the log on the screen. */
export interface WebhookTry {
  /** ISO 8601. */
  at: string;
  ms: number;
  /** HTTP status; null when there was no answer. */
  code: number | null;
  /** A word of server/webhooks/rules.ts; null when it was taken. */
  error: string | null;
  /** The beginning of what was answered. */
  answer: string | null;
}

/**
 * The outbox: one row for each event and endpoint that wants it, written in the transaction of what it tells of. Without
 * foreign keys, which would lock the endpoint's row in every transaction that sends; what outlives its endpoint is cleared up.
 */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: idOf("webhookDelivery").primaryKey(),
    /** The order of writing. */
    pos: bigint({ mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    endpointId: idOf("webhookEndpoint").notNull(),
    userId: idOf("user").notNull(),
    eventId: idOf("webhookEvent").notNull(),
    type: text().notNull(),
    /** The event's `data`: server/webhooks/schema.ts. */
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    occurredAt: at().notNull().defaultNow(),
    /** Counts an endpoint's events from 1 without a gap; given when it is taken up for the first time. */
    sequence: bigint({ mode: "number" }),
    /** Who is named in it, so that an erasure finds them: a contact, and a canonical identity. */
    contactId: idOf("contact"),
    subject: text(),
    status: text().$type<"queued" | "delivering" | "delivered" | "dead">().notNull().default("queued"),
    attempts: integer().notNull().default(0),
    /** When it is due; of one that is being delivered, when its lease is over. */
    nextAttemptAt: at().notNull().defaultNow(),
    responseCode: integer(),
    lastError: text(),
    tries: jsonb().$type<WebhookTry[]>().notNull().default([]),
    deliveredAt: at(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("webhook_deliveries_once").on(t.endpointId, t.eventId),
    index("webhook_deliveries_open").on(t.endpointId, t.pos).where(sql`${t.status} in ('queued', 'delivering')`),
    index("webhook_deliveries_log").on(t.userId, t.pos),
    index("webhook_deliveries_by_status").on(t.userId, t.status, t.pos),
    index("webhook_deliveries_created").on(t.createdAt),
  ],
);
