import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactLists, imports } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { keepErasuresOut, lockContacts } from "../contacts/lock.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { keepPairs } from "../opt-outs/known-identities.ts";
import { type Pads, tombstonedSql, tombstonePads } from "../opt-outs/tombstones.ts";
import { withUser } from "../users/with-user.ts";
import { addPeople, type Batch, suppressThose, updatePeople, withdrawThose } from "./batch/people.ts";
import { findImport, type Import } from "./queries.ts";
import type { ImportEnv } from "./read.ts";
import type { Counts } from "./rules.ts";
import type { CommitInput } from "./schema.ts";
import { settleRows, storeCounts } from "./settle.ts";

export interface CommittedImport {
  importId: Id<"import">;
  /** Null when a new list would be empty: a file that only opts people out, or takes consent back, makes none. */
  contactListId: Id<"contactList"> | null;
  listName: string;
  /** People who are new among the contacts. */
  added: number;
  /** People who were contacts, and of whom something changed. */
  updated: number;
  /** People who were contacts, and whose consent the file took back. */
  withdrawn: number;
  /** People whom the file put among those who are never messaged. */
  suppressed: number;
  rows: number;
  counts: Counts;
}

/** `commitImport` in a transaction of its own. */
export async function commitUpload(
  db: Db,
  env: ImportEnv,
  userId: Id<"user">,
  input: CommitInput,
): Promise<CommittedImport> {
  const pads = await tombstonePads(db, env.sessionKeys);
  return withUser(db, userId, (tx) => commitImport(tx, pads, userId, input));
}

/**
 * Makes contacts of the good rows of a staged import and puts them on its list: a new one, or one that is there. What
 * changed since the preview (another import, an opt-out) is judged again, so the counts are those of what was really kept.
 * @throws DomainError not_found, wrong_state (twice), no_usable_rows
 */
export async function commitImport(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  { importId, consentStatement }: CommitInput,
): Promise<CommittedImport> {
  await lockContacts(tx, userId);
  await keepErasuresOut(tx, userId);
  const staged = await findImport(tx, userId, importId, { lock: true });
  const { mapping } = staged;
  if (staged.status !== "staged" || !mapping) throw new DomainError("wrong_state", { status: staged.status });
  const list = await findList(tx, userId, staged);
  const batch: Batch = { id: importId, userId, mapping, titles: staged.titles, contactListId: list.id };
  const locked = await lockRunning(tx, batch);
  const suppressed = await suppressThose(tx, batch, pads);
  await settleRows(tx, { ...batch, contactListId: list.isNew ? null : list.id }, pads);
  const counts = await storeCounts(tx, importId);
  const withdrawn = await withdrawThose(tx, batch, locked);
  if (counts.valid + counts.updated + counts.unchanged + counts.opted_out + withdrawn === 0)
    throw new DomainError("no_usable_rows");
  const made = list.isNew && counts.valid + counts.updated > 0;
  if (made) await tx.insert(contactLists).values({ id: list.id, userId, name: list.name, source: "upload" });
  const contactListId = made || !list.isNew ? list.id : null;
  const updated = counts.updated > 0 ? await updatePeople(tx, batch) : 0;
  const added = counts.valid > 0 ? await addPeople(tx, batch) : 0;
  await forgetErased(tx, batch, pads);

  await tx
    .update(contactLists)
    .set({
      columns: sql`${contactLists.columns} || (
        select coalesce(jsonb_agg(name order by at), '[]') from jsonb_array_elements_text(${JSON.stringify(staged.columns)}::text::jsonb)
          with ordinality as n (name, at) where not ${contactLists.columns} ? name)`,
    })
    .where(and(eq(contactLists.id, list.id), eq(contactLists.userId, userId)));
  await tx
    .update(imports)
    .set({
      status: "committed",
      contactListId,
      listName: list.name,
      madeList: made,
      consentStatement,
      committedAt: sql`app_now()`,
    })
    .where(and(eq(imports.id, importId), eq(imports.userId, userId)));
  const figures = { added, updated, withdrawn, suppressed };
  await recordAudit(tx, userId, "contacts.imported", {
    importId,
    contactListId,
    rows: staged.rows,
    ...figures,
  });
  await publish(tx, userId, "contacts", contactListId ?? importId);
  return { importId, contactListId, listName: list.name, ...figures, rows: staged.rows, counts };
}

/** The list of the import, locked; the id of a new one where none was named, or the named one is gone. */
async function findList(
  tx: Db,
  userId: Id<"user">,
  { contactListId, listName: name }: Import,
): Promise<{ id: Id<"contactList">; name: string; isNew: boolean }> {
  const [list] = contactListId
    ? await tx
        .select({ id: contactLists.id, name: contactLists.name })
        .from(contactLists)
        .where(and(eq(contactLists.id, contactListId), eq(contactLists.userId, userId)))
        .for("update")
    : [];
  return list ? { ...list, isNew: false } : { id: newId("contactList"), name, isNew: true };
}

/**
 * Opt-outs of a file give points back, and its withdrawals more of them: the campaigns of both are locked before the wallet,
 * all. Pairs of identities are kept before them, as everywhere.
 * @returns what is locked; null when the file opts nobody out, and its withdrawals lock what they need
 */
async function lockRunning(tx: Db, { userId, mapping }: Batch): Promise<Id<"campaign">[] | null> {
  if (mapping.optedOut === undefined) return null;
  await keepPairs(tx, userId);
  const rows = await tx.execute<{ id: Id<"campaign"> }>(sql`
    select id from campaigns where user_id = ${userId} and status in ('running', 'paused', 'cancelling')
     order by id for no key update`);
  return rows.map(({ id }) => id);
}

/** An erased person's row stays as a figure only, and the file that holds them goes. */
async function forgetErased(tx: Db, { id, userId }: Batch, pads: Pads): Promise<void> {
  const { count } = await tx.execute(sql`
    update import_rows r set cells = null, phone_e164 = null
     where r.import_id = ${id} and r.verdict = 'opted_out' and ${tombstonedSql(pads, userId, sql`('pn:' || r.phone_e164)`)}`);
  if (count > 0) await tx.execute(sql`delete from import_files where import_id = ${id} and user_id = ${userId}`);
}
