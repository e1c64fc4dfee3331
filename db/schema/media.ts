import { integer, pgTable, text, unique } from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";
import { waSessions } from "./wa.ts";

/** Files that go with messages. The bytes are in the store (server/media), under `sha256`; one row and one copy for a user's file. */
export const media = pgTable(
  "media",
  {
    id: idOf("media").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    fileName: text().notNull(),
    /** What the bytes are, whatever the file was called. */
    mimeType: text().notNull(),
    bytes: integer().notNull(),
    /** Hex. */
    sha256: text().notNull(),
    /** Pixels, of an image. */
    width: integer(),
    height: integer(),
    /** A small JPEG, of an image. */
    thumbnail: bytea(),
    /** `clean`: a scanner looked at it. `not_scanned`: there was none. What a scanner found is not kept. */
    scan: text().$type<"clean" | "not_scanned">().notNull(),
    createdAt: createdAt(),
    /** When its bytes were removed from the store, because nothing uses it any more. */
    removedAt: at(),
  },
  (t) => [unique("media_once_per_user").on(t.userId, t.sha256)],
);

/**
 * What WhatsApp was given of a file: once for a campaign, whatever the number of its recipients, and once for all that
 * belongs to none.
 */
export const mediaUploads = pgTable(
  "media_uploads",
  {
    campaignId: idOf("campaign"),
    waSessionId: idOf("waSession")
      .notNull()
      .references(() => waSessions.id),
    mediaId: idOf("media")
      .notNull()
      .references(() => media.id),
    userId: idOf("user").notNull(),
    /** The encoded media message without its caption, encrypted with the session's key: it holds the key of the file. */
    encoded: bytea().notNull(),
    uploadedAt: createdAt(),
  },
  (t) => [unique("media_uploads_once").on(t.campaignId, t.waSessionId, t.mediaId).nullsNotDistinct()],
);
