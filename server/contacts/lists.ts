import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactLists } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { publish } from "../events.ts";
import { lockContacts } from "./lock.ts";
import { ownList } from "./queries.ts";
import type { UpdateListInput } from "./schema.ts";

/** Makes an empty list. */
export async function createList(
  tx: Db,
  userId: Id<"user">,
  { name }: { name: string },
): Promise<{ id: Id<"contactList"> }> {
  const id = newId("contactList");
  await tx.insert(contactLists).values({ id, userId, name, source: "upload" });
  await recordAudit(tx, userId, "contacts.list_created", { contactListId: id });
  await publish(tx, userId, "contacts", id);
  return { id };
}

/** Renames a list, or says whether only those who confirmed get its campaigns. @throws DomainError not_found */
export async function updateList(
  tx: Db,
  userId: Id<"user">,
  { id, name, doubleOptIn }: UpdateListInput,
): Promise<void> {
  const list = await ownList(tx, userId, id);
  await tx
    .update(contactLists)
    .set({ name: name ?? list.name, doubleOptIn: doubleOptIn ?? list.doubleOptIn })
    .where(and(eq(contactLists.id, id), eq(contactLists.userId, userId)));
  await recordAudit(tx, userId, "contacts.list_updated", {
    contactListId: id,
    doubleOptIn: doubleOptIn ?? list.doubleOptIn,
  });
  await publish(tx, userId, "contacts", id);
}

/** SQL: the contacts of these ids that are the user's. */
export const ownContacts = (userId: Id<"user">, ids: readonly Id<"contact">[]) => sql`(
  select c.id, c.attributes from contacts c
   where c.user_id = ${userId} and c.id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb)))`;

interface OnList {
  ids: Id<"contact">[];
  listId: Id<"contactList">;
}

/**
 * Puts people on a list; who is on it stays. What is known of them becomes a template variable of the list.
 * @returns how many were not on it @throws DomainError not_found (of the list)
 */
export async function addToList(tx: Db, userId: Id<"user">, { ids, listId }: OnList): Promise<{ added: number }> {
  await lockContacts(tx, userId);
  await ownList(tx, userId, listId);
  const { count: added } = await tx.execute(sql`
    insert into contact_list_members (contact_list_id, contact_id, user_id)
    select ${listId}, c.id, ${userId} from ${ownContacts(userId, ids)} c on conflict do nothing`);
  await growColumns(tx, userId, ids, [listId]);
  await recordAudit(tx, userId, "contacts.put_on_list", { contactListId: listId, count: added });
  await publish(tx, userId, "contacts", listId);
  return { added };
}

/** Makes what is known of these people template variables of these lists, after those that the lists have. */
export async function growColumns(
  tx: Db,
  userId: Id<"user">,
  ids: readonly Id<"contact">[],
  listIds: readonly Id<"contactList">[],
): Promise<void> {
  await tx.execute(sql`
    update contact_lists l set columns = l.columns || grown.names
      from (select o.id, (select jsonb_agg(k.key order by k.key)
                            from (select distinct key from ${ownContacts(userId, ids)} c, jsonb_object_keys(c.attributes) as key) k
                           where not o.columns ? k.key) as names
              from contact_lists o
             where o.user_id = ${userId} and o.id in (select jsonb_array_elements_text(${JSON.stringify(listIds)}::text::jsonb))) grown
     where l.id = grown.id and grown.names is not null`);
}

/** Takes people off a list; they stay contacts. @throws DomainError not_found (of the list) */
export async function removeFromList(
  tx: Db,
  userId: Id<"user">,
  { ids, listId }: OnList,
): Promise<{ removed: number }> {
  await lockContacts(tx, userId);
  await ownList(tx, userId, listId);
  const { count: removed } = await tx.execute(sql`
    delete from contact_list_members where contact_list_id = ${listId} and user_id = ${userId}
       and contact_id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`);
  await recordAudit(tx, userId, "contacts.taken_off_list", { contactListId: listId, count: removed });
  await publish(tx, userId, "contacts", listId);
  return { removed };
}

/** Adds and removes tags of people. */
export async function tagContacts(
  tx: Db,
  userId: Id<"user">,
  { ids, add, remove }: { ids: Id<"contact">[]; add: string[]; remove: string[] },
): Promise<{ changed: number }> {
  await lockContacts(tx, userId);
  const { count: changed } = await tx.execute(sql`
    update contacts c set tags = t.tags
      from contacts o cross join lateral (
        select coalesce(array_agg(distinct tag order by tag), '{}') as tags
          from (select unnest(o.tags) union select jsonb_array_elements_text(${JSON.stringify(add)}::text::jsonb)) as either(tag)
         where tag not in (select jsonb_array_elements_text(${JSON.stringify(remove)}::text::jsonb))) t
     where o.id = c.id and c.user_id = ${userId} and c.tags <> t.tags
       and c.id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`);
  await recordAudit(tx, userId, "contacts.tagged", { count: changed, added: add.length, removed: remove.length });
  await publish(tx, userId, "contacts", userId);
  return { changed };
}
