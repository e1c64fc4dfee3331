import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactLists, importRows, imports } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import { type Counts, duplicateInListReason, emptyCounts, optedOutReason } from "./rules.ts";
import type { CommitInput } from "./schema.ts";

export interface CommittedImport {
  importId: Id<"import">;
  contactListId: Id<"contactList">;
  listName: string;
  /** Contacts that are new on the list. */
  added: number;
  rows: number;
  counts: Counts;
}

/**
 * Makes contacts of the valid rows of a staged import: a new list, or more of an existing one. What changed since the
 * preview (another import, an opt-out) is judged again, so the counts are those of what was really kept.
 * @throws DomainError not_found, wrong_state (twice), no_usable_rows
 */
export async function commitImport(tx: Db, userId: Id<"user">, input: CommitInput): Promise<CommittedImport> {
  const { importId, consentStatement } = input;
  const staged = await lockStaged(tx, userId, importId);
  const listId = await openList(tx, userId, staged);
  await tx.execute(sql`
    update import_rows set verdict = 'opted_out', "column" = 'phone_e164', value = phone, reason = ${optedOutReason}
     where import_id = ${importId} and verdict = 'valid' and 'pn:' || phone_e164 in ${suppressedNumbers(userId)}`);
  const isNewList = staged.contactListId === null;
  const { fileName } = staged;
  const added = await insertContacts(tx, userId, { importId, listId, isNewList, fileName, consentStatement });
  const counts = await countVerdicts(tx, importId);
  if (added === 0) throw new DomainError("no_usable_rows");

  await tx
    .update(contactLists)
    .set({
      total: sql`${contactLists.total} + ${added}`,
      columns: sql`${contactLists.columns} || (
        select coalesce(jsonb_agg(name order by at), '[]') from jsonb_array_elements_text(${JSON.stringify(staged.columns)}::jsonb)
          with ordinality as n (name, at) where not ${contactLists.columns} ? name)`,
    })
    .where(and(eq(contactLists.id, listId), eq(contactLists.userId, userId)));
  await tx
    .update(imports)
    .set({ status: "committed", contactListId: listId, counts, consentStatement, committedAt: sql`app_now()` })
    .where(and(eq(imports.id, importId), eq(imports.userId, userId)));
  await recordAudit(tx, userId, "contacts.imported", { importId, contactListId: listId, rows: staged.rows, added });
  await publish(tx, userId, "contacts", listId);
  return { importId, contactListId: listId, listName: staged.listName, added, rows: staged.rows, counts };
}

/** Throws a staged import away, with every row of it. @throws DomainError not_found, wrong_state */
export async function discardImport(tx: Db, userId: Id<"user">, importId: Id<"import">): Promise<void> {
  const staged = await lockStaged(tx, userId, importId);
  await tx.delete(importRows).where(and(eq(importRows.importId, importId), eq(importRows.userId, userId)));
  await tx
    .update(imports)
    .set({ status: "discarded" })
    .where(and(eq(imports.id, importId), eq(imports.userId, userId)));
  await recordAudit(tx, userId, "contacts.discarded", { importId, rows: staged.rows });
}

type Staged = typeof imports.$inferSelect;

async function lockStaged(tx: Db, userId: Id<"user">, importId: Id<"import">): Promise<Staged> {
  const [staged] = await tx
    .select()
    .from(imports)
    .where(and(eq(imports.id, importId), eq(imports.userId, userId)))
    .for("update");
  if (!staged) throw new DomainError("not_found");
  if (staged.status !== "staged") throw new DomainError("wrong_state", { status: staged.status });
  return staged;
}

/** The list of the import, locked: two commits to one list go one after the other. */
async function openList(tx: Db, userId: Id<"user">, staged: Staged): Promise<Id<"contactList">> {
  if (!staged.contactListId) {
    const id = newId("contactList");
    await tx.insert(contactLists).values({ id, userId, name: staged.listName, source: "upload" });
    return id;
  }
  const [list] = await tx
    .select({ id: contactLists.id })
    .from(contactLists)
    .where(and(eq(contactLists.id, staged.contactListId), eq(contactLists.userId, userId)))
    .for("update");
  if (!list) throw new DomainError("not_found");
  return list.id;
}

interface NewContacts {
  importId: Id<"import">;
  listId: Id<"contactList">;
  isNewList: boolean;
  fileName: string;
  consentStatement: string;
}

// Ids are those of newId with the row's number in the middle, so that contacts page in the order of their file.
async function insertContacts(tx: Db, userId: Id<"user">, made: NewContacts): Promise<number> {
  const id = newId("contact");
  // A list that this transaction made holds nobody yet; not looking for conflicts there saves a sixth of the time.
  const conflicts = made.isNewList ? sql`` : sql`on conflict (contact_list_id, phone_e164) do nothing`;
  const { count } = await tx.execute(sql`
    insert into contacts (id, user_id, contact_list_id, name, phone_e164, attributes, consent, consent_source,
                          consent_statement, consent_at, import_id)
    select ${id.slice(0, -10)} || lpad(to_hex(row_no), 6, '0') || ${id.slice(-10)}, ${userId}, ${made.listId}, name,
           phone_e164, attributes, true, ${made.fileName} || ', row ' || row_no, ${made.consentStatement},
           (select app_now()), ${made.importId}
      from import_rows
     where import_id = ${made.importId} and user_id = ${userId} and verdict = 'valid' order by row_no
    ${conflicts}`);
  if (made.isNewList) return count;
  // "not in" is hashed whatever the statistics say. They do not know this transaction's rows, and a join of "not exists"
  // planned by them has compared each row with each.
  await tx.execute(sql`
    update import_rows
       set verdict = 'duplicate_in_list', "column" = 'phone_e164', value = phone, reason = ${duplicateInListReason}
     where import_id = ${made.importId} and verdict = 'valid' and phone_e164 not in (
       select c.phone_e164 from contacts c where c.contact_list_id = ${made.listId} and c.import_id = ${made.importId})`);
  return count;
}

async function countVerdicts(tx: Db, importId: Id<"import">): Promise<Counts> {
  const counts = emptyCounts();
  const rows = await tx
    .select({ verdict: importRows.verdict, n: sql<number>`count(*)::int` })
    .from(importRows)
    .where(eq(importRows.importId, importId))
    .groupBy(importRows.verdict);
  for (const { verdict, n } of rows) counts[verdict] = n;
  return counts;
}
