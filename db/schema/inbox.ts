import { index, integer, pgTable, text, unique } from "drizzle-orm/pg-core";
import { at, createdAt, idOf } from "./columns.ts";
import { waSessions } from "./wa.ts";

/**
 * A chat of one of the user's phones with one person. Its messages are `inbound_messages` and `messages`; this row is what the
 * list of conversations is read from.
 */
export const conversations = pgTable(
  "conversations",
  {
    id: idOf("conversation").primaryKey(),
    userId: idOf("user").notNull(),
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id),
    /** The identity they wrote from first ("pn:+62…", "lid:…"); whoever is one person is one conversation. */
    person: text().notNull(),
    /** Where an answer goes: the chat they wrote in last. */
    chat: text().notNull(),
    contactId: idOf("contact"),
    /** When the last message of either side came. */
    lastAt: at().notNull(),
    lastInboundAt: at(),
    /** What they wrote that nobody has seen yet. */
    unread: integer().notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [
    unique("conversations_once").on(t.waSessionId, t.person),
    index("conversations_user").on(t.userId, t.lastAt, t.id),
    index("conversations_contact").on(t.contactId),
  ],
);
