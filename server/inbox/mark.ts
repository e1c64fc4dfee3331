import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { recordAudit } from "../audit/record.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import { publish } from "../events.ts";
import { suppressIdentities } from "../opt-outs/suppress.ts";
import { ownConversation } from "./conversation.ts";
import type { ReadInput } from "./schema.ts";

/** Somebody has seen the messages of a conversation, up to one of them or all. @throws DomainError not_found */
export async function markRead(tx: Db, userId: Id<"user">, { id, upTo }: ReadInput): Promise<void> {
  const own = await ownConversation(tx, userId, id);
  const later = upTo
    ? sql`(select count(*) from inbound_messages i, inbound_messages seen
            where seen.id = ${upTo} and seen.user_id = ${userId} and i.wa_session_id = v.wa_session_id
              and i.sender = any(v.identities) and (i.created_at, i.id) > (seen.created_at, seen.id))`
    : sql`0`;
  const changed = await tx.execute(sql`
    update conversations v set unread = least(v.unread, ${later}) where v.id = ${own.id} and v.unread > 0 returning 1`);
  if (changed.length > 0) await publish(tx, userId, "inbox", own.id);
}

/** A conversation is to be looked at again. @throws DomainError not_found */
export async function markUnread(tx: Db, userId: Id<"user">, { id }: { id: Id<"conversation"> }): Promise<void> {
  const own = await ownConversation(tx, userId, id);
  await tx.execute(sql`update conversations set unread = greatest(unread, 1) where id = ${own.id}`);
  await publish(tx, userId, "inbox", own.id);
}

/**
 * The person of a conversation is never messaged again, under whichever identity: only they can lift it.
 * @throws DomainError not_found
 */
export async function leaveOut(tx: Db, userId: Id<"user">, { id }: { id: Id<"conversation"> }): Promise<void> {
  await keepErasuresOut(tx, userId);
  const own = await ownConversation(tx, userId, id);
  const { added } = await suppressIdentities(tx, userId, own.identities, "manual");
  if (added.length === 0) return;
  await recordAudit(tx, userId, "contacts.suppressed", { people: 1, identities: added.length });
  await publish(tx, userId, "contacts", userId);
  await publish(tx, userId, "inbox", own.id);
}
