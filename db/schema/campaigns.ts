import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, pgTable, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf, idsOf } from "./columns.ts";
import { media } from "./media.ts";
import { users } from "./users.ts";
import { waSessions } from "./wa.ts";

export const campaigns = pgTable(
  "campaigns",
  {
    id: idOf("campaign").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    /** Null in a draft for which no phone was chosen yet. */
    waSessionId: idOf("waSession").references(() => waSessions.id),
    /**
     * Whom it goes to: the people of these lists and those with these tags, each once; with `narrow` those of the lists who
     * have one of the tags. Less those on the lists, or with the tags, that are left out. Fixed at start, and without foreign
     * keys: the record of a campaign that ended outlives its lists.
     */
    listIds: idsOf("contactList").notNull().default([]),
    tags: text().array().notNull().default([]),
    narrow: boolean().notNull().default(false),
    exceptListIds: idsOf("contactList").notNull().default([]),
    exceptTags: text().array().notNull().default([]),
    name: text().notNull(),
    /** `confirmation` asks people of a list with double opt-in whether they want its messages. */
    purpose: text().$type<"message" | "confirmation">().notNull().default("message"),
    /** `group_chat`: one message to the chat of the group that the list was made from. */
    audience: text().$type<"list" | "group_chat">().notNull().default("list"),
    templateText: text().notNull(),
    /** What goes with the text, in one message. */
    mediaId: idOf("media").references(() => media.id),
    throttleMinMs: integer().notNull(),
    throttleMaxMs: integer().notNull(),
    status: text()
      .$type<"draft" | "scheduled" | "running" | "paused" | "cancelling" | "cancelled" | "completed">()
      .notNull()
      .default("draft"),
    pauseReason: text().$type<"user" | "plan_expired" | "failures" | "restricted" | "logged_out" | "media">(),
    /** Counts the changes of a draft: who changes it says which version they saw, so that no tab undoes what another did. */
    draftVersion: integer().notNull().default(0),
    /** When it is to start by itself, and the zone in which that was said. */
    scheduledFor: at(),
    scheduleTz: text(),
    /** Why a start that was due did not happen: a refusal's code, or `missed` when its time was over for an hour. */
    scheduleProblem: text(),
    /** When its start was last tried and did not happen: who was tried longest ago is tried first. */
    scheduleTriedAt: at(),
    /** How many people the user typed to start it, or to schedule it: of a schedule the audience may change until it is due. */
    recipientsConfirmed: integer(),
    /** How many messages were queued when it started. */
    recipientsAtStart: integer(),
    /** Rows of `messages`, fixed at start. */
    total: integer().notNull().default(0),
    /** Points held for rows that are queued, sending or unknown. */
    holdOpen: integer().notNull().default(0),
    consecutiveFailures: integer().notNull().default(0),
    startedAt: at(),
    finishedAt: at(),
    createdAt: createdAt(),
  },
  (t) => [
    index("campaigns_user").on(t.userId, t.id),
    index("campaigns_due").on(t.scheduledFor).where(sql`${t.status} = 'scheduled'`),
    index("campaigns_running").on(t.waSessionId, t.id).where(sql`${t.status} = 'running'`),
  ],
);

/** Everything that leaves, whoever caused it. Its life: server/messages/rules.ts. */
export const messages = pgTable(
  "messages",
  {
    id: idOf("message").primaryKey(),
    userId: idOf("user").notNull(),
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id),
    campaignId: idOf("campaign").references(() => campaigns.id),
    contactId: idOf("contact"),
    kind: text().$type<"campaign" | "opt_out" | "test" | "auto_reply" | "manual">().notNull(),
    /** Of a test: the campaign whose message it shows. */
    testOf: idOf("campaign"),
    /** What it answers. */
    inboundId: idOf("inboundMessage"),
    /** Of what a person wrote by hand: the same key again is the same message. */
    replyKey: text(),
    /** Canonical identity: "pn:+62…", "lid:…", "group:…@g.us". */
    recipientKey: text().notNull(),
    recipientName: text().notNull(),
    /** The rendered text; null after the retention period, and for rows that never had one. */
    resolvedText: text(),
    mediaId: idOf("media"),
    waMsgId: text().notNull(),
    status: text()
      .$type<"queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "unknown" | "skipped" | "cancelled">()
      .notNull()
      .default("queued"),
    errorCode: text(),
    /** Times handed to WhatsApp under the same id, re-drives included. */
    submissions: integer().notNull().default(0),
    /** Transport failures before the write: three are tried again, the fourth ends the row. */
    transportErrors: integer().notNull().default(0),
    notBefore: at().notNull().defaultNow(),
    /** After that it would come too late, and is left out; null: 24 hours after it was made, or with its campaign. */
    expiresAt: at(),
    sendingEpoch: bigint({ mode: "number" }),
    sendingAt: at(),
    redriveAt: at(),
    pricePoints: integer().notNull(),
    /** Points charged: 0 until WhatsApp accepted, then the price. */
    costPoints: integer().notNull().default(0),
    /** Accepted by WhatsApp after the user had given it up and spent the points elsewhere: never charged. */
    uncharged: boolean().notNull().default(false),
    /** The encoded WhatsApp message, encrypted with the session's key: for re-drives and retry receipts. */
    encoded: bytea(),
    sentAt: at(),
    deliveredAt: at(),
    readAt: at(),
    endedAt: at(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("messages_once_per_recipient").on(t.campaignId, t.recipientKey),
    unique("messages_wa_msg_id").on(t.waSessionId, t.waMsgId),
    index("messages_queue").on(t.campaignId, t.notBefore, t.id).where(sql`${t.status} = 'queued'`),
    index("messages_open").on(t.waSessionId, t.recipientKey).where(sql`${t.status} in ('sending', 'unknown')`),
    index("messages_board").on(t.campaignId, t.id),
    index("messages_replies")
      .on(t.waSessionId, t.id)
      .where(sql`${t.campaignId} is null and ${t.status} in ('queued', 'sending')`),
    index("messages_contact").on(t.contactId, t.id),
    index("messages_chat")
      .on(t.waSessionId, t.recipientKey, sql`(coalesce(${t.sendingAt}, ${t.createdAt}))`, t.id)
      .where(sql`${t.kind} in ('opt_out', 'auto_reply', 'manual')`),
    uniqueIndex("messages_reply_once").on(t.userId, t.replyKey).where(sql`${t.replyKey} is not null`),
    index("messages_tests").on(t.testOf, t.id).where(sql`${t.testOf} is not null`),
    index("messages_tests_of_user").on(t.userId, t.createdAt).where(sql`${t.testOf} is not null`),
  ],
);

/** What a user decided about a message that had ended, or was not answered for; oldest first. Never a text. */
export const messageEvents = pgTable(
  "message_events",
  {
    id: idOf("messageEvent").primaryKey(),
    messageId: idOf("message")
      .notNull()
      .references(() => messages.id),
    userId: idOf("user").notNull(),
    /** `retried`: queued again with a new hold. `repeated`: handed over again under the old one. `given_up`: treated as failed. */
    kind: text().$type<"retried" | "repeated" | "given_up">().notNull(),
    /** Why it had ended before; null when nobody knew what became of it. */
    errorCode: text(),
    at: createdAt(),
  },
  (t) => [index("message_events_message").on(t.messageId, t.id)],
);

/** Texts kept for the next time. */
export const messageTemplates = pgTable(
  "message_templates",
  {
    id: idOf("messageTemplate").primaryKey(),
    userId: idOf("user").notNull(),
    name: text().notNull(),
    body: text().notNull(),
    createdAt: createdAt(),
    changedAt: at(),
  },
  (t) => [unique("message_templates_name").on(t.userId, t.name)],
);
