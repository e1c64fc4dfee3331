import { and, asc, desc, eq, inArray, lt, sql } from "drizzle-orm";
import { getCountries, getCountryCallingCode } from "libphonenumber-js/max";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactLists, contacts, suppressions } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import type { PageInput, SampleInput } from "./schema.ts";

const SUPPRESSIONS_A_PAGE = 100;
const TAGS_SHOWN = 200;

// Names are written out where a query is inside another: Drizzle leaves the table's name away in the fields of a select.
const optedOut = (userId: Id<"user">) => sql<boolean>`('pn:' || contacts.phone_e164 in ${suppressedNumbers(userId)})`;

const listColumns = {
  id: contactLists.id,
  name: contactLists.name,
  source: contactLists.source,
  total: contactLists.total,
  columns: contactLists.columns,
  doubleOptIn: contactLists.doubleOptIn,
  groupKey: contactLists.groupKey,
  hiddenMembers: contactLists.hiddenMembers,
  createdAt: contactLists.createdAt,
};

/** All lists of the user, newest first. */
export function contactListsOf(tx: Db, userId: Id<"user">) {
  return tx
    .select(listColumns)
    .from(contactLists)
    .where(eq(contactLists.userId, userId))
    .orderBy(desc(contactLists.id));
}

/**
 * A list, and how many of its people a campaign may message today, and why not the others: each person is one figure, the
 * strongest reason first; who waits for their YES counts as `sendable` where the list asks for none. @throws DomainError not_found
 */
export async function contactList(tx: Db, userId: Id<"user">, id: Id<"contactList">) {
  const list = await ownList(tx, userId, id);
  const [counts] = await tx.execute<{
    sendable: number;
    unconfirmed: number;
    notOnWhatsapp: number;
    noConsent: number;
    optedOut: number;
  }>(sql`
    select count(*) filter (where reached and (confirmed or not ${list.doubleOptIn}))::int as "sendable",
           count(*) filter (where reached and not confirmed)::int as "unconfirmed",
           count(*) filter (where not out and consent and not reached)::int as "notOnWhatsapp",
           count(*) filter (where not out and not consent)::int as "noConsent",
           count(*) filter (where out)::int as "optedOut"
      from (select consent, confirmed, out, not out and consent and on_whatsapp is not false as reached
              from (select contacts.consent, contacts.confirmed_at is not null as confirmed, contacts.on_whatsapp, ${optedOut(userId)} as out
                      from contact_list_members m join contacts on contacts.id = m.contact_id
                     where m.contact_list_id = ${id}) people) judged`);
  return { ...list, ...(counts ?? { sendable: 0, unconfirmed: 0, notOnWhatsapp: 0, noConsent: 0, optedOut: 0 }) };
}

/** @throws DomainError not_found */
export async function ownList(tx: Db, userId: Id<"user">, id: Id<"contactList">) {
  const [list] = await tx
    .select(listColumns)
    .from(contactLists)
    .where(and(eq(contactLists.id, id), eq(contactLists.userId, userId)));
  if (!list) throw new DomainError("not_found");
  return list;
}

const CALLING_CODES = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))];

/**
 * What a search looks for: the beginnings of words of a name; or, when nothing but a number was typed, how a number may
 * begin and how it may end. A number without its country's code may be of any country. Null when nothing can be found.
 */
function readSearch(typed: string): { words: string | null; starts: string[]; end: string | null } | null {
  const text = typed.normalize("NFKC").trim();
  if (/\p{L}/u.test(text)) return { words: text, starts: [], end: null };
  const digits = text.replace(/\D/g, "");
  if (digits === "") return null;
  if (text.startsWith("+")) return { words: null, starts: [`+${digits}`], end: null };
  const starts = [`+${digits}`];
  if (/^00./.test(digits)) starts.push(`+${digits.slice(2)}`);
  const national = digits.replace(/^0/, "");
  if (national !== "") starts.push(...CALLING_CODES.map((code) => `+${code}${national}`));
  return { words: null, starts, end: digits };
}

/**
 * One page of the people of a user, or of a list of theirs, in the order in which they were added. `search` finds the
 * beginnings of the words of a name, and the beginning or end of a number in any spelling. @throws DomainError not_found
 */
export async function contactsPage(tx: Db, userId: Id<"user">, input: PageInput) {
  if (input.listId) await ownList(tx, userId, input.listId);
  const wanted = input.search ? readSearch(input.search) : { words: null, starts: [], end: null };
  if (!wanted) return { rows: [], nextCursor: null };
  const { words, starts, end } = wanted;
  const found = await tx.execute<{ id: Id<"contact"> }>(sql`
    select id from find_contacts(${words}, ${JSON.stringify(starts)}::text::jsonb, ${end}, ${input.listId ?? null}, ${input.tag ?? null},
                                 ${input.state ?? null}, ${input.cursor ?? null}, ${input.limit + 1}) as found(id)`);
  const ids = found.map(({ id }) => id);
  const rows = ids.length === 0 ? [] : await readPeople(tx, userId, ids);
  const page = rows.slice(0, input.limit);
  return { rows: page, nextCursor: rows.length > input.limit ? (page.at(-1)?.id ?? null) : null };
}

/** These people, in the order in which they were added. */
function readPeople(tx: Db, userId: Id<"user">, ids: Id<"contact">[]) {
  return tx
    .select({
      id: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      tags: contacts.tags,
      consent: contacts.consent,
      consentAt: contacts.consentAt,
      confirmedAt: contacts.confirmedAt,
      optedOut: optedOut(userId),
      onWhatsapp: contacts.onWhatsapp,
      createdAt: contacts.createdAt,
    })
    .from(contacts)
    .where(and(inArray(contacts.id, ids), eq(contacts.userId, userId)))
    .orderBy(asc(contacts.id));
}

/** The user's tags, the most used first. */
export async function tagsOf(tx: Db, userId: Id<"user">): Promise<{ tag: string; count: number }[]> {
  return [
    ...(await tx.execute<{ tag: string; count: number }>(sql`
      select tag, count(*)::int as count from contacts, unnest(tags) as tag
       where user_id = ${userId} and tags <> '{}' group by tag order by count(*) desc, tag limit ${TAGS_SHOWN}`)),
  ];
}

/** The first contacts of a list that a campaign would reach, to show a template on. @throws DomainError not_found */
export async function sampleContacts(tx: Db, userId: Id<"user">, { listId, count }: SampleInput) {
  await ownList(tx, userId, listId);
  const found = await tx.execute<{ id: Id<"contact"> }>(sql`
    select id from find_contacts(null, '[]', null, ${listId}, null, 'sendable', null, ${count}) as found(id)`);
  const people = await readPeople(
    tx,
    userId,
    found.map(({ id }) => id),
  );
  return people.map(({ id, name, phoneE164, attributes }) => ({ id, name, phoneE164, attributes }));
}

/** One page of the people who are never messaged, newest first. */
export async function suppressedPage(tx: Db, userId: Id<"user">, cursor?: Id<"suppression">) {
  const rows = await tx
    .select({
      id: suppressions.id,
      identity: suppressions.identity,
      source: suppressions.source,
      createdAt: suppressions.createdAt,
      /** Who that is among the user's contacts. */
      contact: sql<{ id: Id<"contact">; name: string } | null>`(
        select jsonb_build_object('id', c.id, 'name', c.name) from contacts c
         where c.user_id = ${userId} and "suppressions"."identity" like 'pn:%' and c.phone_e164 = substr("suppressions"."identity", 4))`,
    })
    .from(suppressions)
    .where(
      and(
        eq(suppressions.userId, userId),
        cursor ? lt(suppressions.id, cursor) : undefined,
        // One line a person: a LID whose number is listed too is the same one.
        sql`not exists (select 1 from identity_pairs p join suppressions o on o.user_id = p.user_id and o.identity = p.pn
             where p.user_id = ${userId} and p.lid = "suppressions"."identity")`,
      ),
    )
    .orderBy(desc(suppressions.id))
    .limit(SUPPRESSIONS_A_PAGE + 1);
  const page = rows.slice(0, SUPPRESSIONS_A_PAGE);
  return { rows: page, nextCursor: rows.length > SUPPRESSIONS_A_PAGE ? (page.at(-1)?.id ?? null) : null };
}
