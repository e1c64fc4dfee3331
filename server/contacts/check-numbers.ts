import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId, newId } from "#db/ids.ts";
import { waCommands } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { isSuppressed } from "../opt-outs/is-suppressed.ts";
import { getOwnSession, wakeWorkers } from "../wa/link.ts";

/** Questions a day whether a number has WhatsApp, for each linked phone: more would be a search for numbers. */
const CHECKS_A_DAY = 200;

interface Asking {
  waSessionId: Id<"waSession">;
  userId: Id<"user">;
}

/**
 * Asks WhatsApp which people of a list it knows: only those who agreed and did not opt out, each once ever, 200 a day for a
 * phone. The answer comes with the command.
 * @returns how many will be asked, and how many not today
 * @throws not_found, session_not_linked, session_busy
 */
export async function checkNumbers(
  tx: Db,
  userId: Id<"user">,
  input: { sessionId: string; contactListId: string },
): Promise<{ asked: number; left: number }> {
  if (!isId("waSession", input.sessionId)) throw new DomainError("not_found");
  const session = await getOwnSession(tx, userId, input.sessionId);
  if (session.status !== "linked") throw new DomainError("session_not_linked");
  // The session's row serialises two clicks.
  await tx.execute(sql`select 1 from wa_sessions where id = ${session.id} for no key update`);
  const open = await tx.execute(sql`select 1 from wa_commands where wa_session_id = ${session.id}
    and kind = 'check_numbers' and status = 'waiting' and expires_at > now()`);
  if (open.length > 0) throw new DomainError("session_busy");
  const unasked = await tx.execute<{ id: Id<"contact"> }>(sql`
    select id from contacts c where user_id = ${userId} and contact_list_id = ${input.contactListId}
       and consent and on_whatsapp is null and not ${isSuppressed(sql`c.user_id`, sql`'pn:' || c.phone_e164`)}
     order by id`);
  const [today] = await tx.execute<{ left: number }>(sql`
    select greatest(0, ${CHECKS_A_DAY} - case when checked_on = (app_now() at time zone tz)::date then day_checked else 0 end)::int as left
      from wa_numbers where phone = ${session.phone}`);
  const contactIds = unasked.slice(0, today?.left ?? 0).map(({ id }) => id);
  if (contactIds.length > 0) {
    const id = newId("waCommand");
    await tx
      .insert(waCommands)
      .values({ id, waSessionId: session.id, userId, kind: "check_numbers", input: { contactIds } });
    await recordAudit(tx, userId, "contacts.numbers_checked", { sessionId: session.id, count: contactIds.length });
    await wakeWorkers(tx, session.id);
  }
  return { asked: contactIds.length, left: unasked.length - contactIds.length };
}

/** The numbers of a command, as far as they may still be asked about now; they count for the day of the phone. */
export async function contactsToCheck(db: Db, { waSessionId, userId }: Asking, ids: string[]): Promise<string[]> {
  return db.transaction(async (tx) => {
    const rows = await tx.execute<{ phone: string }>(sql`
      select distinct phone_e164 as phone from contacts c
       where user_id = ${userId} and id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))
         and consent and on_whatsapp is null and not ${isSuppressed(sql`c.user_id`, sql`'pn:' || c.phone_e164`)}`);
    const phones = rows.map(({ phone }) => phone);
    const [counted] = await tx.execute<{ allowed: number }>(sql`
      with number as (
        select n.phone, (app_now() at time zone n.tz)::date as today,
               case when n.checked_on = (app_now() at time zone n.tz)::date then n.day_checked else 0 end as before
          from wa_numbers n join wa_sessions s on s.phone = n.phone where s.id = ${waSessionId} for no key update of n
      )
      update wa_numbers n
         set checked_on = number.today, day_checked = least(${CHECKS_A_DAY}, number.before + ${phones.length})
        from number where n.phone = number.phone
      returning n.day_checked - number.before as allowed`);
    return phones.slice(0, counted?.allowed ?? 0);
  });
}

/** Keeps the answers, for every list of the user that holds one of the numbers. */
export async function storeChecks(db: Db, { userId }: Asking, asked: string[], known: Set<string>): Promise<void> {
  const rows = JSON.stringify(asked.map((phone) => ({ phone, known: known.has(phone) })));
  await db.execute(sql`
    update contacts c set on_whatsapp = a.known, on_whatsapp_at = now()
      from jsonb_to_recordset(${rows}::text::jsonb) as a(phone text, known boolean)
     where c.user_id = ${userId} and c.phone_e164 = a.phone`);
}
