import { type SQL, sql } from "drizzle-orm";
import { isSuppressed } from "../opt-outs/is-suppressed.ts";
import { maybeArrived } from "./maybe-arrived.ts";

/** SQL: the message `o` went out, or may yet. */
const isOut = sql`o.status in ('queued', 'sending', 'sent', 'delivered', 'read', 'unknown')`;

/**
 * SQL: what has become of the recipient of a campaign's message (`m`, of the campaign `c`) that keeps it from being sent
 * again, as a reason's code; null for nothing. The same looks as at the start of a campaign.
 */
export const obstacle: SQL<string | null> = sql<string | null>`case
  when m.recipient_key like 'erased:%' then 'contact_erased'
  when ${isSuppressed(sql`m.user_id`, sql`m.recipient_key`)} then 'opted_out'
  when m.recipient_key like 'group:%' then null
  else (select case when p.id is null then 'contact_removed'
                    when not p.consent then 'no_consent'
                    when m.recipient_key like 'pn:%' and m.recipient_key <> 'pn:' || p.phone_e164 then 'number_changed'
                    when exists (select 1 from messages o where o.contact_id = m.contact_id and o.campaign_id = m.campaign_id and o.id <> m.id and ${isOut}) then 'merged'
                    when c.purpose = 'confirmation' and p.confirmed_at is not null then 'already_confirmed'
                    when c.purpose = 'confirmation' and exists (
                      select 1 from messages o join campaigns q on q.id = o.campaign_id
                       where o.contact_id = m.contact_id and o.id <> m.id and q.purpose = 'confirmation'
                         and (${isOut} or o.status = 'failed' and ${maybeArrived(sql`o.error_code`)})) then 'already_asked' end
          from (select) one left join contacts p on p.id = m.contact_id) end`;
