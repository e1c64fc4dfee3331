import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { skipQueued } from "../../contacts/remove.ts";
import { knownIdentities } from "../../opt-outs/known-identities.ts";
import { suppressIdentities } from "../../opt-outs/suppress.ts";
import { type Pads, tombstonedAmong } from "../../opt-outs/tombstones.ts";
import { yesWords } from "../rules.ts";
import { attributesOf, cellOf, type MappedImport, saysNo } from "../settle.ts";

/** An import at its commit: its rows are settled, its list is there. */
export interface Batch extends MappedImport {
  contactListId: Id<"contactList">;
}

// Ids are those of newId with the row's number in the middle: contacts page in the order of their file, and a batch is a range.
const contactIdOf = (importId: Id<"import">): SQL =>
  sql`(${`con_${importId.slice(4, 17)}`}::text || lpad(to_hex(r.row_no), 6, '0') || ${importId.slice(17)}::text)`;

/** SQL: whether a contact is one that a batch made. */
export function madeBy(importId: Id<"import">, contactId: SQL): SQL {
  const start = `con_${importId.slice(4, 17)}`;
  return sql`(${contactId} between ${`${start}0000000000000000`} and ${`${start}ffffffzzzzzzzzzz`})`;
}

/** Rows `r` of the import. */
const rowsOf = ({ id, userId }: Pick<Batch, "id" | "userId">): SQL =>
  sql`r.import_id = ${id} and r.user_id = ${userId}`;

/** New contacts of the valid rows, on the list, with their consent and its evidence. @returns how many */
export async function addPeople(tx: Db, batch: Batch): Promise<number> {
  const { id, userId, mapping, contactListId } = batch;
  // One statement, for the rows are read once. In memory: a sort of 100,000 rows on disk takes a tenth of the whole.
  await tx.execute(sql`set local work_mem = '64MB'`);
  const { count } = await tx.execute(sql`
    with fresh as materialized (
      select ${contactIdOf(id)} as id, r.row_no, r.phone_e164, ${cellOf(mapping.name)} as name,
             ${attributesOf(mapping, "empty")} as attributes
        from import_rows r where ${rowsOf(batch)} and r.verdict = 'valid' order by r.row_no),
    listed as (
      insert into contact_list_members (contact_list_id, contact_id, user_id)
      select ${contactListId}, id, ${userId} from fresh),
    evidence as (
      insert into consent_events (user_id, contact_id, kind, source, import_id, row_no, at)
      select ${userId}, id, 'given', 'import', ${id}, row_no, (select app_now()) from fresh)
    insert into contacts (id, user_id, name, phone_e164, attributes, consent, consent_at, import_id)
    select id, ${userId}, name, phone_e164, attributes, true, (select app_now()), ${id} from fresh`);
  return count;
}

/** SQL, of a row `r`: the contact of its number and what it is now, for the undo. */
const present = ({ userId, contactListId }: Batch): SQL => sql`(
  select c.id, jsonb_build_object('name', c.name, 'attributes', c.attributes, 'consent', c.consent, 'consentAt', c.consent_at,
    'confirmedAt', c.confirmed_at, 'changedAt', c.changed_at, 'listed', exists (select 1 from contact_list_members m
      where m.contact_list_id = ${contactListId} and m.contact_id = c.id))
    from contacts c where c.user_id = ${userId} and c.phone_e164 = r.phone_e164)`;

/** What the file says of people who are contacts already: blank cells say nothing. @returns how many */
export async function updatePeople(tx: Db, batch: Batch): Promise<number> {
  const { id, userId, mapping, contactListId } = batch;
  const known = sql`${rowsOf(batch)} and r.verdict = 'updated'`;
  await tx.execute(sql`update import_rows r set (contact_id, before) = ${present(batch)} where ${known}`);
  // As an insert, because that looks each contact up by its id; an update would join (see settle.ts).
  const { count } = await tx.execute(sql`
    insert into contacts (id, user_id, name, phone_e164, attributes, consent, consent_at)
    select r.contact_id, ${userId}, ${cellOf(mapping.name)}, r.phone_e164,
           (r.before->'attributes') || ${attributesOf(mapping, "missing")}, true, (select app_now())
      from import_rows r where ${known} order by r.row_no
    on conflict (user_id, id) do update set name = excluded.name, attributes = excluded.attributes, consent = true,
      consent_at = case when contacts.consent then contacts.consent_at else excluded.consent_at end`);
  await tx.execute(sql`
    insert into contact_list_members (contact_list_id, contact_id, user_id)
    select ${contactListId}, r.contact_id, ${userId} from import_rows r where ${known} order by r.row_no
    on conflict do nothing`);
  await tx.execute(sql`
    insert into consent_events (user_id, contact_id, kind, source, import_id, row_no, at)
    select ${userId}, r.contact_id, 'given', 'import', ${id}, r.row_no, (select app_now())
      from import_rows r where ${known} order by r.row_no`);
  return count;
}

/**
 * Takes the consent of those back for whom the file says no outright, and leaves out what is queued for them.
 * @param locked the campaigns this transaction holds, when it has been to the wallet since: who locked another one now would
 * wait in a circle with an answer of WhatsApp to it. What another campaign queued meanwhile is left out at its turn.
 * @returns how many people
 */
export async function withdrawThose(
  tx: Db,
  batch: Batch,
  locked: readonly Id<"campaign">[] | null = null,
): Promise<number> {
  const { id, userId, mapping } = batch;
  const agreed = sql`(select c.consent from contacts c where c.user_id = ${userId} and c.phone_e164 = r.phone_e164)`;
  await tx.execute(sql`
    update import_rows r set (contact_id, before) = ${present(batch)}
     where ${rowsOf(batch)} and ${saysNo(mapping)} and ${agreed}`);
  const those = sql`${rowsOf(batch)} and r.verdict in ('no_consent', 'invalid') and r.contact_id is not null`;
  const people = await tx.execute<{ id: Id<"contact"> }>(sql`
    update contacts set consent = false, consent_at = app_now(), confirmed_at = null
     where id = any(array(select r.contact_id from import_rows r where ${those})) and user_id = ${userId} returning id`);
  if (people.length === 0) return 0;
  await tx.execute(sql`
    insert into consent_events (user_id, contact_id, kind, source, import_id, row_no, at)
    select distinct on (r.contact_id) ${userId}, r.contact_id, 'withdrawn', 'import', ${id}, r.row_no, (select app_now())
      from import_rows r where ${those} order by r.contact_id, r.row_no`);
  const ids = people.map(({ id: person }) => person);
  await skipQueued(tx, userId, ids, "no_consent", locked);
  return people.length;
}

/** Puts those whom the file calls opted out among the people who are never messaged. @returns how many were not there */
export async function suppressThose(tx: Db, batch: Batch, pads: Pads): Promise<number> {
  const { id, userId, mapping } = batch;
  if (mapping.optedOut === undefined) return 0;
  const said = await tx.execute<{ identity: string }>(sql`
    select distinct 'pn:' || r.phone_e164 as identity from import_rows r
     where ${rowsOf(batch)} and r.verdict = 'opted_out' and r.phone_e164 is not null
       and lower(${cellOf(mapping.optedOut)}) in ${[...yesWords]}`);
  const given = said.map(({ identity }) => identity);
  const erased = await tombstonedAmong(tx, pads, userId, await knownIdentities(tx, userId, given));
  const wanted = given.filter((identity) => !erased.has(identity));
  const { added } = await suppressIdentities(tx, userId, wanted, "import", { importId: id });
  const fresh = new Set(added);
  return wanted.filter((identity) => fresh.has(identity)).length;
}
