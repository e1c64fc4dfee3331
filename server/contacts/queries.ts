import { and, asc, desc, eq, gt, ilike, lt, or, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactListMembers, contactLists, contacts, suppressions } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import type { PageInput, SampleInput } from "./schema.ts";

const CONTACTS_A_PAGE = 50;
const SUPPRESSIONS_A_PAGE = 100;

// Names are written out where a query is inside another: Drizzle leaves the table's name away in the fields of a select.
const optedOut = (userId: Id<"user">) => sql`('pn:' || contacts.phone_e164 in ${suppressedNumbers(userId)})`;

const onList = (id: Id<"contactList">) =>
  sql`${contacts.id} in (select ${contactListMembers.contactId} from ${contactListMembers} where ${contactListMembers.contactListId} = ${id})`;

function selectLists(tx: Db, userId: Id<"user">) {
  return tx.select({
    id: contactLists.id,
    name: contactLists.name,
    source: contactLists.source,
    total: contactLists.total,
    /** Contacts a campaign may message today: consent given, not opted out. */
    sendable: sql<number>`(select count(*)::int from contact_list_members m join contacts on contacts.id = m.contact_id
      where m.contact_list_id = contact_lists.id and contacts.consent and not ${optedOut(userId)})`,
    columns: contactLists.columns,
    createdAt: contactLists.createdAt,
  });
}

/** All lists of the user, newest first. */
export function contactListsOf(tx: Db, userId: Id<"user">) {
  return selectLists(tx, userId)
    .from(contactLists)
    .where(eq(contactLists.userId, userId))
    .orderBy(desc(contactLists.id));
}

/** @throws DomainError not_found */
export async function contactList(tx: Db, userId: Id<"user">, id: Id<"contactList">) {
  const [list] = await selectLists(tx, userId)
    .from(contactLists)
    .where(and(eq(contactLists.id, id), eq(contactLists.userId, userId)));
  if (!list) throw new DomainError("not_found");
  return list;
}

/** One page of a list's contacts in the order of their import; `search` looks in names and numbers. @throws DomainError not_found */
export async function contactsPage(tx: Db, userId: Id<"user">, input: PageInput) {
  await contactList(tx, userId, input.listId);
  const pattern = `%${(input.search ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  const digits = `%${(input.search ?? "").replace(/\D/g, "")}%`;
  const rows = await tx
    .select({
      id: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      consent: contacts.consent,
      consentAt: contacts.consentAt,
      optedOut: sql<boolean>`${optedOut(userId)}`,
    })
    .from(contacts)
    .where(
      and(
        onList(input.listId),
        eq(contacts.userId, userId),
        input.cursor ? gt(contacts.id, input.cursor) : undefined,
        input.search
          ? or(ilike(contacts.name, pattern), digits.length > 4 ? ilike(contacts.phoneE164, digits) : undefined)
          : undefined,
      ),
    )
    .orderBy(asc(contacts.id))
    .limit(CONTACTS_A_PAGE + 1);
  const page = rows.slice(0, CONTACTS_A_PAGE);
  return { rows: page, nextCursor: rows.length > CONTACTS_A_PAGE ? (page.at(-1)?.id ?? null) : null };
}

/** The first contacts of a list that a campaign would reach, to show a template on. @throws DomainError not_found */
export async function sampleContacts(tx: Db, userId: Id<"user">, { listId, count }: SampleInput) {
  await contactList(tx, userId, listId);
  return tx
    .select({ id: contacts.id, name: contacts.name, phoneE164: contacts.phoneE164, attributes: contacts.attributes })
    .from(contacts)
    .where(and(onList(listId), eq(contacts.userId, userId), contacts.consent, sql`not ${optedOut(userId)}`))
    .orderBy(asc(contacts.id))
    .limit(count);
}

/** One page of the people who are never messaged, newest first. */
export async function suppressedPage(tx: Db, userId: Id<"user">, cursor?: Id<"suppression">) {
  const rows = await tx
    .select({
      id: suppressions.id,
      identity: suppressions.identity,
      source: suppressions.source,
      createdAt: suppressions.createdAt,
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
