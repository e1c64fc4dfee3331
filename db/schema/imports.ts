import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";

export const imports = pgTable(
  "imports",
  {
    id: idOf("import").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    fileName: text().notNull(),
    fileSha256: text().notNull(),
    status: text()
      .$type<"reading" | "mapping" | "staged" | "committed" | "undone" | "discarded" | "failed">()
      .notNull()
      .default("staged"),
    /** How the file is to be read: which sheet, which separator; null means found out. */
    readOptions: jsonb().$type<{ sheet?: string | undefined; delimiter?: string | undefined }>().notNull().default({}),
    /** How it was read, in words, when that is worth saying ("Windows-1252"). */
    readAs: text(),
    /** Names of the workbook's sheets that may be chosen; empty for text. */
    sheets: jsonb().$type<string[]>().notNull().default([]),
    /** The first row, as it stands in the file. */
    titles: jsonb().$type<string[]>().notNull().default([]),
    /** What each column is; null until somebody, or an exact header, said so. */
    mapping: jsonb().$type<ImportMapping>(),
    /** The country whose code is put before numbers that begin with 0 or lack a +; null: such numbers are refused. ISO 3166-1 alpha-2. */
    country: text(),
    /** The list the rows go to: an existing one, or null for a new one named `listName`. */
    contactListId: idOf("contactList"),
    listName: text().notNull(),
    /** Whether the commit made the list: an undo takes it away again when nobody else is on it. */
    madeList: boolean().notNull().default(false),
    columns: jsonb().$type<string[]>().notNull().default([]),
    counts: jsonb().$type<Record<string, number>>().notNull().default({}),
    /** Rows of the file; while it is read, rows so far. */
    rows: integer().notNull().default(0),
    /** Why a file could not be read, for a person. */
    error: text(),
    consentStatement: text(),
    createdAt: createdAt(),
    committedAt: at(),
  },
  (t) => [index("imports_user").on(t.userId, t.id)],
);

/** What the columns of a file are, by position from 0. Columns that are in none of these are not read. */
export interface ImportMapping {
  name: number;
  phone: number;
  consent: number;
  /** A yes there puts the person on the list of those who are never messaged. */
  optedOut?: number | undefined;
  attributes: { at: number; name: string }[];
}

/** The file itself, until the import is decided: it may have to be read again, from another sheet. */
export const importFiles = pgTable("import_files", {
  importId: idOf("import")
    .primaryKey()
    .references(() => imports.id, { onDelete: "cascade" }),
  userId: idOf("user").notNull(),
  bytes: bytea().notNull(),
});

/** Every row of a staged file with its verdict. What becomes of them after the decision: server/imports/expire.ts. No foreign key, as of `contacts`. */
export const importRows = pgTable(
  "import_rows",
  {
    importId: idOf("import").notNull(),
    userId: idOf("user").notNull(),
    rowNo: integer().notNull(),
    /** As in the file, a number where the spreadsheet kept a number; changed by the repair grid; null once it is not needed. */
    cells: jsonb().$type<(string | number)[]>(),
    phoneE164: text("phone_e164"),
    verdict: text()
      .$type<"valid" | "updated" | "unchanged" | "duplicate" | "invalid" | "no_consent" | "opted_out">()
      .notNull(),
    /** Of a verdict that needs saying: the column's title and why. */
    column: text(),
    reason: text(),
    /** What was assumed or seen, though the row is good: "assumed +62". */
    note: text(),
    /** After the commit: whose row it is. */
    contactId: idOf("contact"),
    /** After the commit, of a contact that was there: what it was before, for the undo. */
    before: jsonb().$type<Record<string, unknown>>(),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.rowNo] }),
    index("import_rows_verdict").on(t.importId, t.verdict, t.rowNo).where(sql`${t.verdict} <> 'valid'`),
  ],
);
