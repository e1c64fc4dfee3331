import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf } from "./columns.ts";
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
    /** People on it; a trigger on `contact_list_members` counts. */
    total: integer().notNull().default(0),
    /** Attribute names of the list, in the order of the file: each is a template variable. */
    columns: jsonb().$type<string[]>().notNull().default([]),
    /** Only those who confirmed with YES get campaigns of this list. */
    doubleOptIn: boolean().notNull().default(false),
    /** Of a list made from a group: the group's own chat, canonical ("group:…@g.us"), and the phone that is in it. */
    groupKey: text(),
    waSessionId: idOf("waSession"),
    /** Of a group, when it was read: members whose number WhatsApp does not show. */
    hiddenMembers: integer().notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [index("contact_lists_user").on(t.userId, t.id)],
);

/**
 * A person the user may know under one phone number. Lists hold people; what is known of a person is the same on each. No
 * foreign key to the user, who is never deleted: checking it costs an import a tenth of its time.
 */
export const contacts = pgTable(
  "contacts",
  {
    id: idOf("contact").notNull(),
    userId: idOf("user").notNull(),
    name: text().notNull(),
    phoneE164: text("phone_e164").notNull(),
    attributes: jsonb().$type<Record<string, string>>().notNull().default({}),
    tags: text().array().notNull().default([]),
    /** Whether they agreed, as it stands now; how that came about is in `consent_events`. */
    consent: boolean().notNull(),
    /** Since when `consent` is what it is. */
    consentAt: at(),
    /** When they answered YES to being asked whether they want these messages; null when they did not. */
    confirmedAt: at(),
    /** The import that made this contact; null for a group, or by hand. */
    importId: idOf("import"),
    /** Whether WhatsApp knows the number; null until it was asked, which happens once. */
    onWhatsapp: boolean(),
    onWhatsappAt: at(),
    /** When name, number, attributes, tags, consent or confirmation last changed since it was made; a trigger sees to it. */
    changedAt: at(),
    createdAt: createdAt(),
  },
  (t) => [
    // text_pattern_ops: the search by the beginning of a number, in whatever order the database sorts texts.
    uniqueIndex("contacts_once_per_user").on(t.userId, t.phoneE164.op("text_pattern_ops")),
    // One index for a person and for paging: another would cost an import a twentieth of its time.
    primaryKey({ columns: [t.userId, t.id] }),
    index("contacts_without_consent").on(t.userId, t.id).where(sql`not ${t.consent}`),
    // The words of the name, and the number from its end. New ones wait in a list of 64 MB, so that an import need not sort
    // them in; autovacuum does, within a minute or so.
    index("contacts_terms")
      .using("gin", sql`search_terms(${t.userId},${t.name},${t.phoneE164})`)
      .with({ gin_pending_list_limit: 65_536 }),
    index("contacts_tags").using("gin", t.tags).where(sql`${t.tags} <> '{}'`),
  ],
);

/** Who is on which list. Without foreign keys, which would cost an import a fifth of its time: server/contacts/remove.ts alone deletes contacts. */
export const contactListMembers = pgTable(
  "contact_list_members",
  {
    contactListId: idOf("contactList").notNull(),
    contactId: idOf("contact").notNull(),
    userId: idOf("user").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.contactListId, t.contactId] }),
    index("contact_list_members_contact").on(t.contactId),
  ],
);

/** The evidence: how a contact came to agree, or not to. Appended to, and deleted only with the contact. */
export const consentEvents = pgTable(
  "consent_events",
  {
    id: bigint({ mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    userId: idOf("user").notNull(),
    contactId: idOf("contact").notNull(),
    /** `asked` and `confirmed`: the double opt-in. `opted_out` and `opted_in`: STOP and START, or by the user's hand. */
    kind: text().$type<"given" | "withdrawn" | "asked" | "confirmed" | "opted_out" | "opted_in">().notNull(),
    source: text().$type<"import" | "manual" | "keyword" | "message">().notNull(),
    /** Of an import: its file, statement and importer are there. */
    importId: idOf("import"),
    rowNo: integer(),
    /** By hand: the user's own words on how they agreed. By keyword: the word. */
    statement: text(),
    at: at().notNull(),
  },
  (t) => [primaryKey({ columns: [t.contactId, t.id] })],
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

/**
 * Two identities of the same person: a phone number and the LID that WhatsApp told a session of this user, or a contact's
 * number and, as `lid`, that of another contact that was merged into it.
 */
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

/** Keyed hashes of the identities of people who were erased: they stay suppressed, and nothing tells who they were. */
export const tombstones = pgTable(
  "tombstones",
  {
    userId: idOf("user").notNull(),
    /** HMAC-SHA256 over "user|identity" (server/opt-outs/tombstones.ts). */
    hash: bytea().notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.hash] })],
);
