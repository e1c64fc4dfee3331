import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { publish } from "../events.ts";
import { knownIdentities, textArray } from "../opt-outs/known-identities.ts";
import { personOf } from "./rules.ts";

/** SQL: conversations of a user's phones, whichever is found by `person` there. */
const phonesOf = (userId: Id<"user">) => sql`(select id from wa_sessions where user_id = ${userId})`;

/**
 * Makes one conversation of all that a phone has with a person, under whichever identity, and keeps by what they are known
 * now. It comes after the session and before campaigns, messages and the wallet.
 * @param known every identity known of them
 * @param contactPhone the number of the contact they are, when that is not to be looked up
 * @returns the conversation; null when there is none
 */
export async function joinConversations(
  tx: Db,
  userId: Id<"user">,
  waSessionId: Id<"waSession">,
  known: readonly string[],
  contactPhone?: string,
): Promise<Id<"conversation"> | null> {
  const rows = await tx.execute<{ id: Id<"conversation"> }>(sql`
    select id from conversations where wa_session_id = ${waSessionId} and person = any(${textArray(known)})
     order by id for no key update`);
  const [kept, ...others] = rows.map(({ id }) => id);
  if (kept === undefined) return null;
  const person = await personNow(tx, userId, known, contactPhone);
  if (others.length > 0) await absorb(tx, kept, others);
  await tx.execute(sql`
    update conversations set person = ${person}, identities = ${textArray(known)}
     where id = ${kept} and (person, identities) is distinct from (${person}, ${textArray(known)})`);
  return kept;
}

/** The identity the person goes by, as far as it is known today. */
export async function personNow(
  tx: Db,
  userId: Id<"user">,
  known: readonly string[],
  contactPhone?: string,
): Promise<string> {
  if (contactPhone !== undefined) return personOf(known, contactPhone);
  const [contact] = await tx.execute<{ phone: string }>(sql`
    select phone_e164 as phone from contacts
     where user_id = ${userId} and phone_e164 in (select substr(i, 4) from unnest(${textArray(known)}) i where i like 'pn:%')
     order by id limit 1`);
  return personOf(known, contact?.phone ?? null);
}

/** What the others hold goes to `kept`; they stay as signs that lead to it. */
async function absorb(tx: Db, kept: Id<"conversation">, others: readonly Id<"conversation">[]): Promise<void> {
  await tx.execute(sql`
    update conversations k set unread = m.unread, last_at = m.last_at, last_inbound_at = m.last_inbound_at, chat = m.chat
      from (select sum(unread)::int as unread, max(last_at) as last_at, max(last_inbound_at) as last_inbound_at,
                   (array_agg(chat order by last_inbound_at desc nulls last))[1] as chat
              from conversations where id = any(${textArray([kept, ...others])})) m
     where k.id = ${kept}`);
  await tx.execute(sql`
    update conversations set person = id, identities = '{}', chat = '', unread = 0, merged_into = ${kept}
     where id = any(${textArray(others)})`);
  await tx.execute(sql`update conversations set merged_into = ${kept} where merged_into = any(${textArray(others)})`);
}

/**
 * Some identities turned out to be of the same people: what a phone has with each of them becomes one conversation.
 * @param tx holds `lockPairs`, and no campaign, message or wallet
 * @param contactPhone of one person: the number they go by from now on
 */
export async function joinPeople(
  tx: Db,
  userId: Id<"user">,
  identities: readonly string[],
  contactPhone?: string,
): Promise<void> {
  if (identities.length === 0) return;
  const found = await tx.execute<{ waSessionId: Id<"waSession">; person: string }>(sql`
    select wa_session_id as "waSessionId", person from conversations
     where wa_session_id in ${phonesOf(userId)} and person = any(${textArray(identities)}) order by id`);
  for (const { waSessionId, person } of found) {
    const known = await knownIdentities(tx, userId, contactPhone === undefined ? [person] : identities);
    await joinConversations(tx, userId, waSessionId, known, contactPhone);
  }
  if (found.length > 0) await publish(tx, userId, "inbox", userId);
}

/** Somebody is to be forgotten: their conversations are deleted, with whatever leads to them. */
export async function forgetConversations(tx: Db, userId: Id<"user">, identities: readonly string[]): Promise<void> {
  if (identities.length === 0) return;
  const gone = await tx.execute<{ id: string }>(sql`
    delete from conversations where user_id = ${userId} and identities && ${textArray(identities)} returning id`);
  if (gone.length === 0) return;
  await tx.execute(sql`
    delete from conversations where user_id = ${userId} and merged_into = any(${textArray(gone.map(({ id }) => id))})`);
  await publish(tx, userId, "inbox", userId);
}
