import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { publish } from "../events.ts";
import { textArray } from "./known-identities.ts";
import type { InboundEffect, KnownInbound } from "./receive-inbound.ts";
import { appendEvidence } from "./suppress.ts";

/**
 * YES of a contact who was asked whether they want messages: an answer to a question that reached WhatsApp within 30 days.
 * It lifts no opt-out; from anybody else, and a second time, it is a message like any other.
 */
export async function confirmOptIn(tx: Db, inbound: KnownInbound, word: string): Promise<InboundEffect> {
  const { contact, userId } = inbound;
  if (!contact) return null;
  const confirmed = await tx.execute<{ identity: string }>(sql`
    update contacts c set confirmed_at = ${inbound.at.toISOString()}::timestamptz
     where c.id = ${contact.id} and c.user_id = ${userId} and c.confirmed_at is null
       and exists (select 1 from consent_events e where e.contact_id = c.id and e.kind = 'asked')
       and exists (select 1 from messages m join campaigns a on a.id = m.campaign_id
                    where m.contact_id = c.id and m.user_id = c.user_id and a.purpose = 'confirmation'
                      and m.status in ('sent', 'delivered', 'read') and m.sent_at > app_now() - interval '30 days')
       and not exists (select 1 from suppressions s where s.user_id = c.user_id and s.identity = any(${textArray(inbound.known)}))
    returning 'pn:' || c.phone_e164 as identity`);
  const [person] = confirmed;
  if (!person) return null;
  const event = { kind: "confirmed", source: "message", statement: word, at: inbound.at } as const;
  await appendEvidence(tx, userId, [person.identity], event);
  await publish(tx, userId, "contacts", contact.id);
  return "confirmed";
}
