import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, unique } from "drizzle-orm/pg-core";
import { at, createdAt, idOf } from "./columns.ts";
import { waSessions } from "./wa.ts";

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
