import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { KEPT_DAYS } from "./rules.ts";

/**
 * Takes a person out of everything in the outbox and its log: number, contact, name and text. The event itself stays, for its
 * sequence, and may still be delivered so.
 * @param contactId null of somebody who is no contact
 * @param identities SQL: their canonical identities, as rows
 */
export async function forgetInWebhooks(
  tx: Db,
  userId: Id<"user">,
  contactId: Id<"contact"> | null,
  identities: SQL,
): Promise<void> {
  await tx.execute(sql`
    update webhook_deliveries set contact_id = null, subject = null,
      payload = payload || case type when 'message.received' then '{"from":null,"text":null}'::jsonb else '{"recipient":null}'::jsonb end,
      tries = (select coalesce(jsonb_agg(t || '{"answer":null}'::jsonb), '[]') from jsonb_array_elements(tries) t)
     where user_id = ${userId} and type in ('message.received', 'message.status')
       and (contact_id = ${contactId} or subject in ${identities})`);
}

/** Removes deliveries of 14 days ago, which may hold what people wrote, and those whose endpoint was removed. */
export async function expireWebhooks(db: Db): Promise<void> {
  await db.execute(sql`
    delete from webhook_deliveries d
     where d.created_at < app_now() - ${KEPT_DAYS} * interval '1 day'
        or (d.type = 'message.received' and (d.payload ->> 'sentAt')::timestamptz < app_now() - ${KEPT_DAYS} * interval '1 day')
        or not exists (select from webhook_endpoints e where e.id = d.endpoint_id)`);
}
