import { boolean, index, integer, jsonb, pgTable, primaryKey, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { at, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";

export const contactLists = pgTable(
  "contact_lists",
  {
    id: idOf("contactList").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    source: text().$type<"upload" | "group">().notNull(),
    total: integer().notNull().default(0),
    /** Attribute names of the list, in the order of the file: each is a template variable. */
    columns: jsonb().$type<string[]>().notNull().default([]),
    createdAt: createdAt(),
  },
  (t) => [index("contact_lists_user").on(t.userId, t.id)],
);

export const contacts = pgTable(
  "contacts",
  {
    id: idOf("contact").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    contactListId: idOf("contactList")
      .notNull()
      .references(() => contactLists.id),
    name: text().notNull(),
    phoneE164: text("phone_e164").notNull(),
    attributes: jsonb().$type<Record<string, string>>().notNull().default({}),
    consent: boolean().notNull(),
    /** Where consent came from: the file, and the user's own statement at import. */
    consentSource: text(),
    consentStatement: text(),
    consentAt: at(),
    importId: idOf("import"),
    /** Whether WhatsApp knows the number; null until it was asked, which happens once. */
    onWhatsapp: boolean(),
    onWhatsappAt: at(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("contacts_once_per_list").on(t.contactListId, t.phoneE164),
    index("contacts_list").on(t.contactListId, t.id),
    index("contacts_user_phone").on(t.userId, t.phoneE164),
  ],
);

export const imports = pgTable(
  "imports",
  {
    id: idOf("import").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    fileName: text().notNull(),
    fileSha256: text().notNull(),
    status: text().$type<"staged" | "committed" | "discarded">().notNull().default("staged"),
    /** The list the rows go to: an existing one, or null for a new one named `listName`. */
    contactListId: idOf("contactList"),
    listName: text().notNull(),
    columns: jsonb().$type<string[]>().notNull().default([]),
    counts: jsonb().$type<Record<string, number>>().notNull().default({}),
    rows: integer().notNull().default(0),
    consentStatement: text(),
    createdAt: createdAt(),
    committedAt: at(),
  },
  (t) => [index("imports_user").on(t.userId, t.id)],
);

/** Every row of a staged file with its verdict. Dropped when the import is discarded, or a day after its commit. */
export const importRows = pgTable(
  "import_rows",
  {
    importId: idOf("import")
      .notNull()
      .references(() => imports.id, { onDelete: "cascade" }),
    userId: idOf("user").notNull(),
    rowNo: integer().notNull(),
    name: text().notNull(),
    phone: text().notNull(),
    phoneE164: text("phone_e164"),
    consent: text().notNull(),
    attributes: jsonb().$type<Record<string, string>>().notNull().default({}),
    verdict: text()
      .$type<"valid" | "invalid" | "no_consent" | "duplicate_in_file" | "duplicate_in_list" | "opted_out">()
      .notNull(),
    column: text(),
    value: text(),
    reason: text(),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.rowNo] }),
    index("import_rows_verdict").on(t.importId, t.verdict, t.rowNo),
  ],
);

/** People who must not be messaged. `identity` is canonical: "pn:+62…" or "lid:…". The audit log tells the history. */
export const suppressions = pgTable(
  "suppressions",
  {
    id: idOf("suppression").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    identity: text().notNull(),
    source: text().$type<"keyword" | "manual" | "import">().notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("suppressions_identity").on(t.userId, t.identity)],
);

/** Phone number and LID of the same person, as WhatsApp told it to a session of this user. */
export const identityPairs = pgTable(
  "identity_pairs",
  {
    userId: idOf("user").notNull(),
    pn: text().notNull(),
    lid: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.lid] }), index("identity_pairs_pn").on(t.userId, t.pn)],
);
