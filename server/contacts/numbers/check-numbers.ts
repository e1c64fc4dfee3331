import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { waCommands } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { suppressedNumbers } from "../../opt-outs/is-suppressed.ts";
import { getOwnSession, wakeWorkers } from "../../wa/link.ts";
import { phoneProblem } from "../../wa/queries.ts";

/** Questions a day whether a number has WhatsApp, for each linked phone: more would be a search for numbers. */
const CHECKS_A_DAY = 200;

interface Asking {
  waSessionId: Id<"waSession">;
  userId: Id<"user">;
}

/** A phone, and the people of a campaign whom it asks about. */
export interface Check {
  sessionId: Id<"waSession">;
  campaignId: Id<"campaign">;
  /** SQL: whether a row of `contacts` is one of them. */
  people: SQL;
}

/** Contacts that may be asked about: they agreed, did not opt out, and were never asked about. */
const askable = (
  userId: Id<"user">,
): SQL => sql`contacts.user_id = ${userId} and contacts.consent and contacts.on_whatsapp_at is null
  and 'pn:' || contacts.phone_e164 not in ${suppressedNumbers(userId)}`;

/** What a linked number `n` has asked on its own day of today. */
const askedToday = sql`case when n.checked_on = (app_now() at time zone n.tz)::date then n.day_checked else 0 end`;

const leftToday = async (tx: Db, sessionId: Id<"waSession">): Promise<number> => {
  const [today] = await tx.execute<{ left: number }>(sql`
    select greatest(0, ${CHECKS_A_DAY} - ${askedToday})::int as left
      from wa_numbers n join wa_sessions s on s.phone = n.phone where s.id = ${sessionId}`);
  return today?.left ?? 0;
};

/**
 * How far the people of a campaign are known to have WhatsApp, and whether the phone is asking at the moment. That is read
 * first: where it says "answered", whatever is counted afterwards has the answer in it.
 */
export async function readChecks(tx: Db, userId: Id<"user">, { sessionId, campaignId, people }: Check) {
  const [last] = await tx.execute<{ state: "asking" | "answered" | "failed" }>(sql`
    select case when status = 'waiting' and expires_at > now() then 'asking' when status = 'done' then 'answered'
                else 'failed' end as state
      from wa_commands where wa_session_id = ${sessionId} and user_id = ${userId} and kind = 'check_numbers'
       and input->>'campaignId' = ${campaignId} order by id desc limit 1`);
  const [list] = await tx.execute<{ unasked: number }>(sql`
    select count(*)::int as unasked from contacts where ${people} and ${askable(userId)}`);
  return { unasked: list?.unasked ?? 0, leftToday: await leftToday(tx, sessionId), state: last?.state ?? "unasked" };
}

/**
 * Asks WhatsApp which people of a campaign it knows: only those who agreed and did not opt out, each once ever, 200 a day for a
 * phone. The answer comes with the command.
 * @returns how many will be asked, and how many not today
 * @throws not_found, account_restricted, session_not_linked, session_busy
 */
export async function checkNumbers(
  tx: Db,
  userId: Id<"user">,
  { sessionId, campaignId, people }: Check,
): Promise<{ asked: number; left: number }> {
  const session = await getOwnSession(tx, userId, sessionId);
  const away = await phoneProblem(tx, userId, session);
  if (away) throw new DomainError(away.code, { ...away.details, nothing: "asked" });
  // The session's row serialises two clicks.
  await tx.execute(sql`select 1 from wa_sessions where id = ${session.id} for no key update`);
  const open = await tx.execute(sql`select 1 from wa_commands where wa_session_id = ${session.id}
    and kind = 'check_numbers' and status = 'waiting' and expires_at > now()`);
  if (open.length > 0) throw new DomainError("session_busy");
  const unasked = await tx.execute<{ id: Id<"contact"> }>(sql`
    select id from contacts where ${people} and ${askable(userId)} order by id`);
  const contactIds = unasked.slice(0, await leftToday(tx, session.id)).map(({ id }) => id);
  if (contactIds.length > 0) {
    const input = { campaignId, contactIds };
    await tx
      .insert(waCommands)
      .values({ id: newId("waCommand"), waSessionId: session.id, userId, kind: "check_numbers", input });
    await recordAudit(tx, userId, "contacts.numbers_checked", { sessionId: session.id, count: contactIds.length });
    await wakeWorkers(tx, session.id);
    await publish(tx, userId, "session", session.id);
  }
  return { asked: contactIds.length, left: unasked.length - contactIds.length };
}

/**
 * The numbers of a command, as far as they may still be asked about now. They count as asked from here on: for the day of
 * the phone, and for good, so that neither a crash nor another phone of the user asks twice.
 */
export async function numbersToAsk(db: Db, { waSessionId, userId }: Asking, ids: string[]): Promise<string[]> {
  return db.transaction(async (tx) => {
    const [number] = await tx.execute<{ phone: string; before: number }>(sql`
      select n.phone, ${askedToday} as before from wa_numbers n join wa_sessions s on s.phone = n.phone
       where s.id = ${waSessionId} for no key update of n`);
    if (!number) return [];
    const rows = await tx.execute<{ phone: string }>(sql`
      update contacts set on_whatsapp_at = app_now()
       where user_id = ${userId} and on_whatsapp_at is null and phone_e164 in (
         select contacts.phone_e164 from contacts
          where ${askable(userId)} and contacts.id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))
          limit ${Math.max(0, CHECKS_A_DAY - number.before)})
      returning phone_e164 as phone`);
    const phones = [...new Set(rows.map(({ phone }) => phone))];
    await tx.execute(sql`
      update wa_numbers set checked_on = (app_now() at time zone tz)::date, day_checked = ${number.before + phones.length}
       where phone = ${number.phone}`);
    return phones;
  });
}

/** Keeps the answers. */
export async function storeChecks(db: Db, { userId }: Asking, asked: string[], known: Set<string>): Promise<void> {
  const rows = JSON.stringify(asked.map((phone) => ({ phone, known: known.has(phone) })));
  await db.execute(sql`
    update contacts c set on_whatsapp = a.known, on_whatsapp_at = app_now()
      from jsonb_to_recordset(${rows}::text::jsonb) as a(phone text, known boolean)
     where c.user_id = ${userId} and c.phone_e164 = a.phone`);
}

/** WhatsApp gave no answer: the user may ask again. The questions count for the day all the same. */
export async function forgetChecks(db: Db, { userId }: Asking, asked: string[]): Promise<void> {
  await db.execute(sql`
    update contacts set on_whatsapp_at = null where user_id = ${userId} and on_whatsapp is null
       and phone_e164 in (select jsonb_array_elements_text(${JSON.stringify(asked)}::text::jsonb))`);
}
