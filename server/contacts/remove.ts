import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactLists } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { moveMessage } from "../messages/move.ts";
import { lockContacts } from "./lock.ts";
import { ownList } from "./queries.ts";
import type { RemoveListInput } from "./schema.ts";

/** SQL: these ids, as a subquery. */
export const these = (ids: readonly string[]): SQL =>
  sql`(select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`;

/**
 * Leaves out what is queued for these people and gives its points back. What is on its way finishes.
 * @param locked the campaigns the caller holds, when it has been to the wallet since and may lock no other; what those queue
 * meanwhile is judged before it is written
 */
export async function skipQueued(
  tx: Db,
  userId: Id<"user">,
  contactIds: readonly Id<"contact">[],
  errorCode: "contact_removed" | "contact_erased" | "number_changed" | "no_consent",
  locked: readonly Id<"campaign">[] | null = null,
): Promise<void> {
  const campaignIds = locked ?? (await lockCampaignsOf(tx, userId, contactIds));
  const queued = await tx.execute<{ id: Id<"message">; campaignId: Id<"campaign"> | null }>(sql`
    select id, campaign_id as "campaignId" from messages
     where user_id = ${userId} and status = 'queued' and contact_id in ${these(contactIds)}
       and (campaign_id is null or campaign_id in ${these(campaignIds)}) order by id for no key update`);
  await skipMessages(
    tx,
    queued.map(({ id }) => id),
    errorCode,
  );
  const changed = new Set(queued.flatMap(({ campaignId }) => campaignId ?? []));
  for (const id of changed) await publish(tx, userId, "campaign", id);
}

/** Leaves these messages out, as far as they are still queued. The caller holds their campaigns. */
export async function skipMessages(tx: Db, ids: readonly Id<"message">[], errorCode: string): Promise<void> {
  for (const id of ids) await moveMessage(tx, id, { from: "queued", to: "skipped", points: "release", errorCode });
}

/**
 * Locks every campaign that has something open for these people, all before the first message and the wallet: one after the
 * other, with their points, would wait in a circle with a claim.
 */
export async function lockCampaignsOf(
  tx: Db,
  userId: Id<"user">,
  contactIds: readonly Id<"contact">[],
): Promise<Id<"campaign">[]> {
  const rows = await tx.execute<{ id: Id<"campaign"> }>(sql`
    select id from campaigns where id in (
      select campaign_id from messages
       where user_id = ${userId} and status in ('queued', 'sending', 'unknown') and contact_id in ${these(contactIds)})
     order by id for no key update`);
  return rows.map(({ id }) => id);
}

/**
 * Removes people with their memberships and evidence. An opt-out stays, and so do the messages they got.
 * @returns how many there were
 */
export async function removeContacts(
  tx: Db,
  userId: Id<"user">,
  { ids }: { ids: Id<"contact">[] },
): Promise<{ removed: number }> {
  await lockContacts(tx, userId);
  const removed = await deleteContacts(tx, userId, ids);
  await recordAudit(tx, userId, "contacts.removed", { count: removed });
  await publish(tx, userId, "contacts", userId);
  return { removed };
}

/** Deletes contacts and all that hangs on them: the one place that does. The caller holds `lockContacts`. */
export async function deleteContacts(tx: Db, userId: Id<"user">, ids: readonly Id<"contact">[]): Promise<number> {
  if (ids.length === 0) return 0;
  await skipQueued(tx, userId, ids, "contact_removed");
  for (const table of ["contact_list_members", "consent_events"] as const) {
    await tx.execute(
      sql`delete from ${sql.identifier(table)} where user_id = ${userId} and contact_id in ${these(ids)}`,
    );
  }
  for (const table of ["messages", "inbound_messages"] as const) {
    await tx.execute(
      sql`update ${sql.identifier(table)} set contact_id = null where user_id = ${userId} and contact_id in ${these(ids)}`,
    );
  }
  const { count } = await tx.execute(sql`delete from contacts where user_id = ${userId} and id in ${these(ids)}`);
  return count;
}

/**
 * Removes a list; with `alsoContacts` the people who are on no other list as well. Campaigns that ended keep what they sent.
 * @throws DomainError not_found, list_in_use
 */
export async function removeList(
  tx: Db,
  userId: Id<"user">,
  { id, alsoContacts }: RemoveListInput,
): Promise<{ removed: number }> {
  await lockContacts(tx, userId);
  await ownList(tx, userId, id);
  const [using] = await tx.execute<{ name: string }>(sql`
    select name from campaigns where user_id = ${userId} and ${id} = any(list_ids || except_list_ids)
       and status in ('draft', 'scheduled', 'running', 'paused', 'cancelling') order by id limit 1`);
  if (using) throw new DomainError("list_in_use", { campaign: using.name });
  const alone = alsoContacts
    ? await tx.execute<{ id: Id<"contact"> }>(sql`
        select m.contact_id as id from contact_list_members m
         where m.contact_list_id = ${id} and m.user_id = ${userId} and not exists (
           select 1 from contact_list_members o where o.contact_id = m.contact_id and o.contact_list_id <> m.contact_list_id)`)
    : [];
  await tx.execute(sql`delete from contact_list_members where contact_list_id = ${id} and user_id = ${userId}`);
  const removed = await deleteContacts(
    tx,
    userId,
    alone.map((row) => row.id),
  );
  await tx.delete(contactLists).where(and(eq(contactLists.id, id), eq(contactLists.userId, userId)));
  await recordAudit(tx, userId, "contacts.list_removed", { contactListId: id, contacts: removed });
  await publish(tx, userId, "contacts", id);
  return { removed };
}
