import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import type { Id } from "../ids.ts";
import { at, createdAt, idOf } from "./columns.ts";
import type { ActiveWindow } from "./users.ts";
import { users } from "./users.ts";
import { waSessions } from "./wa.ts";

/** What people wrote to the user's phones. Bodies are wiped after 14 days. */
export const inboundMessages = pgTable(
  "inbound_messages",
  {
    id: idOf("inboundMessage").primaryKey(),
    userId: idOf("user").notNull(),
    waSessionId: idOf("waSession").notNull(),
    waMsgId: text().notNull(),
    /** The chat it came in, canonical. */
    sender: text().notNull(),
    /** Who that is among the user's contacts, when it came. */
    contactId: idOf("contact"),
    body: text(),
    /** What came beside or instead of a text. */
    content: text()
      .$type<"text" | "picture" | "video" | "audio" | "document" | "sticker" | "location" | "contact" | "other">()
      .notNull()
      .default("text"),
    /** It came while the phone was connected, not afterwards. */
    live: boolean().notNull().default(false),
    /** When it was written, by WhatsApp's clock. */
    sentAt: at().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("inbound_messages_once").on(t.waSessionId, t.sender, t.waMsgId),
    index("inbound_messages_contact").on(t.contactId, t.sentAt),
    index("inbound_messages_user").on(t.userId, t.id),
    index("inbound_messages_chat").on(t.waSessionId, t.sender, sql`came_at(${t.sentAt}, ${t.createdAt})`, t.id),
  ],
);

/**
 * A chat of one of the user's phones with one person, from when they first wrote. Its messages are `inbound_messages` and
 * `messages`, found by `identities`; this row is what the list of conversations is read from.
 */
export const conversations = pgTable(
  "conversations",
  {
    id: idOf("conversation").primaryKey(),
    userId: idOf("user").notNull(),
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id),
    /** The one identity it goes by: the number as soon as that is known ("pn:+62…"), else "lid:…". Of a merged one its id. */
    person: text().notNull(),
    /** Every identity known of the person, `person` among them; of a merged one none. */
    identities: text().array().notNull().default([]),
    /** Where an answer goes: the chat they wrote in last. Of a merged one empty. */
    chat: text().notNull(),
    /** When the last message of either side came, campaigns aside. */
    lastAt: at().notNull(),
    lastInboundAt: at(),
    /** What they wrote that nobody has seen yet. */
    unread: integer().notNull().default(0),
    /** It turned out to be with the same person as that one, which has everything. Who has it open is led there. */
    mergedInto: idOf("conversation"),
    createdAt: createdAt(),
  },
  (t) => [
    unique("conversations_once").on(t.waSessionId, t.person),
    index("conversations_user").on(t.userId, t.lastAt, t.id),
    index("conversations_unread").on(t.userId, t.lastAt, t.id).where(sql`${t.unread} > 0`),
    index("conversations_merged").on(t.mergedInto).where(sql`${t.mergedInto} is not null`),
  ],
);

/** One of the answers of a rule; they are given in turn. */
export interface AutoResponse {
  text: string;
  /** A file that goes with the text. */
  mediaId: Id<"media"> | null;
}

/** What is answered to which words. Judged in the order of `position`. */
export const autoRules = pgTable(
  "auto_rules",
  {
    id: idOf("autoRule").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    position: integer().notNull(),
    enabled: boolean().notNull().default(true),
    /** Since when it answers: what was written before is not answered. */
    enabledAt: at().notNull().defaultNow(),
    match: text().$type<"keyword" | "contains" | "exact" | "starts_with" | "regex">().notNull(),
    /** Any of these; a regex rule has one. */
    patterns: text().array().notNull(),
    /** Capitals and accents do not matter. */
    folds: boolean().notNull().default(true),
    responses: jsonb().$type<AutoResponse[]>().notNull(),
    /** How many answers it has given: whose turn is next. */
    given: integer().notNull().default(0),
    /** For one phone; null: for all of the user's. */
    waSessionId: idOf("waSession").references(() => waSessions.id),
    /** How long the same person gets no second answer of this rule. */
    cooldownSeconds: integer().notNull().default(3_600),
    /** Answers of this rule in an hour, to everybody together; null: only the phone's own limit holds. */
    maxPerHour: integer(),
    /** Narrower hours than the user's; null: whenever those are open. */
    windows: jsonb().$type<ActiveWindow[]>(),
    /** What comes outside the hours is answered when they open, instead of not at all. */
    answersAtOpening: boolean().notNull().default(false),
    createdAt: createdAt(),
    changedAt: at(),
  },
  (t) => [index("auto_rules_user").on(t.userId, t.position)],
);

/** What holds for all rules of a user. Without a row the defaults hold. */
export const autoSettings = pgTable("auto_settings", {
  userId: idOf("user")
    .primaryKey()
    .references(() => users.id),
  /** The first rule that matches answers, or every one that does. */
  mode: text().$type<"first" | "all">().notNull().default("first"),
  paused: boolean().notNull().default(false),
  /** Automatic answers of one phone in a minute; one more, and its rules stop until a person lets them go on. */
  maxPerMinute: integer().notNull().default(20),
});

/** A phone whose rules stopped by themselves, and go on since a person said so. */
export const autoBreakers = pgTable("auto_breakers", {
  waSessionId: idOf("waSession")
    .primaryKey()
    .references(() => waSessions.id),
  userId: idOf("user").notNull(),
  reason: text().$type<"too_many" | "loop">().notNull(),
  /** The message that was not answered any more. */
  inboundId: idOf("inboundMessage"),
  trippedAt: createdAt(),
  /** Null: they have stopped. What was answered before does not count any more. */
  resumedAt: at(),
});

/** What an inbound message was answered, once by each rule. */
export const autoReplies = pgTable(
  "auto_replies",
  {
    id: idOf("autoReply").primaryKey(),
    userId: idOf("user").notNull(),
    /** Without a foreign key: the record outlives its rule. */
    ruleId: idOf("autoRule").notNull(),
    waSessionId: idOf("waSession").notNull(),
    inboundId: idOf("inboundMessage").notNull(),
    messageId: idOf("message").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("auto_replies_once").on(t.inboundId, t.ruleId),
    index("auto_replies_of_phone").on(t.waSessionId, t.createdAt),
    index("auto_replies_of_rule").on(t.ruleId, t.createdAt),
    index("auto_replies_message").on(t.messageId),
  ],
);

/** Until when a rule does not answer a person again. Taken by an insert before the answer, so that two cannot. */
export const autoCooldowns = pgTable(
  "auto_cooldowns",
  {
    ruleId: idOf("autoRule")
      .notNull()
      .references(() => autoRules.id, { onDelete: "cascade" }),
    /** One identity of the person, the same for all they are known by. */
    person: text().notNull(),
    userId: idOf("user").notNull(),
    until: at().notNull(),
  },
  (t) => [primaryKey({ columns: [t.ruleId, t.person] }), index("auto_cooldowns_until").on(t.until)],
);
