import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importFiles, importRows, imports } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { lockContacts } from "../../contacts/lock.ts";
import { deleteContacts } from "../../contacts/remove.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { findImport, undoState } from "../queries.ts";
import { madeBy } from "./people.ts";

/**
 * Takes a batch back: those it made go, unless they are on another list meanwhile; those it changed are what they were; its
 * list goes when nobody is on it. Opt-outs stay, and so do consent that was written down by hand meanwhile and whoever gave it.
 * @throws DomainError not_found, cannot_undo
 */
export async function undoImport(
  tx: Db,
  userId: Id<"user">,
  importId: Id<"import">,
): Promise<{ removed: number; restored: number; kept: number }> {
  await lockContacts(tx, userId);
  const found = await findImport(tx, userId, importId, { lock: true });
  const { possible, why } = await undoState(tx, userId, found);
  if (!possible) throw new DomainError("cannot_undo", { why: why ?? "" });
  const listId = found.contactListId;
  const made = sql`array(select c.id from contacts c where c.user_id = ${userId} and ${madeBy(importId, sql`c.id`)})`;
  const byHand = sql`e.user_id = ${userId} and e.kind = 'given' and e.source = 'manual'`;
  const wasAgreed = sql`(r.before->>'consent')::boolean`;
  const rows = sql`r.import_id = ${importId} and r.user_id = ${userId} and r.before is not null`;

  await tx.execute(sql`
    delete from contact_list_members where contact_list_id = ${listId} and user_id = ${userId} and (contact_id = any(${made})
        or contact_id = any(array(select r.contact_id from import_rows r
                                   where ${rows} and r.verdict = 'updated' and not (r.before->>'listed')::boolean)))`);
  // As an insert, because that looks each contact up by its id (see settle.ts).
  const { count: restored } = await tx.execute(sql`
    insert into contacts (id, user_id, name, phone_e164, attributes, consent, consent_at, confirmed_at, changed_at)
    select distinct on (r.contact_id) r.contact_id, ${userId}, r.before->>'name', r.phone_e164, r.before->'attributes',
           ${wasAgreed} or hand.at is not null,
           case when ${wasAgreed} or hand.at is null then (r.before->>'consentAt')::timestamptz else hand.at end,
           (r.before->>'confirmedAt')::timestamptz, (r.before->>'changedAt')::timestamptz
      from import_rows r cross join lateral (
        select min(e.at) as at from consent_events e where e.contact_id = r.contact_id and ${byHand} and e.id > (
          select max(i.id) from consent_events i where i.contact_id = r.contact_id and i.import_id = ${importId})) hand
     where ${rows} and (select true from contacts c where c.id = r.contact_id) order by r.contact_id
    on conflict (user_id, id) do update set name = excluded.name, attributes = excluded.attributes, consent = excluded.consent,
      consent_at = excluded.consent_at, confirmed_at = excluded.confirmed_at, changed_at = excluded.changed_at`);
  await tx.execute(sql`
    delete from consent_events where user_id = ${userId} and import_id = ${importId} and kind <> 'opted_out'
       and contact_id = any(array(select r.contact_id from import_rows r where ${rows}))`);
  const alone = await tx.execute<{ id: Id<"contact"> }>(sql`
    select c.id from contacts c where c.user_id = ${userId} and ${madeBy(importId, sql`c.id`)}
       and not exists (select 1 from contact_list_members m where m.contact_id = c.id)
       and not exists (select 1 from consent_events e where e.contact_id = c.id and ${byHand})`);
  const removed = await deleteContacts(
    tx,
    userId,
    alone.map(({ id }) => id),
  );
  if (found.madeList)
    await tx.execute(sql`
      delete from contact_lists l where l.id = ${listId} and l.user_id = ${userId} and l.total = 0
         and not exists (select 1 from campaigns c where l.id = any(c.list_ids || c.except_list_ids))`);

  await forgetFile(tx, userId, importId, "undone");
  const kept = (found.counts.valid ?? 0) - removed;
  await recordAudit(tx, userId, "contacts.import_undone", { importId, removed, restored, kept });
  await publish(tx, userId, "contacts", importId);
  return { removed, restored, kept };
}

/** Throws an import away that was not decided on, with every row of it. @throws DomainError not_found, wrong_state */
export async function discardImport(tx: Db, userId: Id<"user">, importId: Id<"import">): Promise<void> {
  const { status, rows } = await findImport(tx, userId, importId, { lock: true });
  if (status !== "reading" && status !== "mapping" && status !== "staged" && status !== "failed")
    throw new DomainError("wrong_state", { status });
  await forgetFile(tx, userId, importId, "discarded");
  await recordAudit(tx, userId, "contacts.discarded", { importId, rows });
  await publish(tx, userId, "contacts", importId);
}

async function forgetFile(
  tx: Db,
  userId: Id<"user">,
  importId: Id<"import">,
  status: "undone" | "discarded",
): Promise<void> {
  await tx.delete(importRows).where(and(eq(importRows.importId, importId), eq(importRows.userId, userId)));
  await tx.delete(importFiles).where(and(eq(importFiles.importId, importId), eq(importFiles.userId, userId)));
  await tx
    .update(imports)
    .set({ status })
    .where(and(eq(imports.id, importId), eq(imports.userId, userId)));
}
