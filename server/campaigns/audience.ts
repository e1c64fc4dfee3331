import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactListMembers, contactLists, contacts, waSessions } from "#db/schema/index.ts";
import { type Details, DomainError, type RefusalCode } from "../errors.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import {
  judgeRecipient,
  type LeftOutReason,
  LIST_AT_MOST,
  noVerdicts,
  type Purpose,
  type RecipientFacts,
  reachProblem,
  type VerdictCounts,
} from "./rules.ts";

/** Whom a campaign judges, and what for. */
export interface Aim {
  contactListId: Id<"contactList">;
  purpose: Purpose;
}

/** `contactId` is null for a group's chat. */
export interface Recipient {
  contactId: Id<"contact"> | null;
  recipientKey: string;
  name: string;
  phoneE164: string;
  attributes: Record<string, string>;
  verdict: "queued" | LeftOutReason;
}

/**
 * SQL: whether a contact was asked for their YES. A question that certainly never left (cancelled, or refused before
 * WhatsApp took it) was none: who waits for it could never be asked again.
 */
const wasAsked = sql<boolean>`(exists (
    select 1 from consent_events e where e.contact_id = contacts.id and e.kind = 'asked')
  and not coalesce((
    select bool_and(m.status in ('skipped', 'cancelled') or (m.status = 'failed' and m.error_code is distinct from 'unconfirmed'))
      from messages m join campaigns q on q.id = m.campaign_id where m.contact_id = contacts.id and q.purpose = 'confirmation'), false))`;

/** SQL: what `judgeRecipient` judges by, of each contact. */
const factsOf = (userId: Id<"user">, purpose: Purpose) => ({
  consent: contacts.consent,
  onWhatsapp: contacts.onWhatsapp,
  suppressed: sql<boolean>`'pn:' || contacts.phone_e164 in ${suppressedNumbers(userId)}`.as("suppressed"),
  confirmed: sql<boolean>`contacts.confirmed_at is not null`.as("confirmed"),
  asked: (purpose === "confirmation" ? wasAsked : sql<boolean>`false`).as("asked"),
});

const onList = (userId: Id<"user">, contactListId: Id<"contactList">): SQL | undefined =>
  and(eq(contactListMembers.contactListId, contactListId), eq(contacts.userId, userId));

/** The user's list. @throws not_found */
export async function getOwnList(tx: Db, userId: Id<"user">, id: Id<"contactList">) {
  const [list] = await tx
    .select()
    .from(contactLists)
    .where(and(eq(contactLists.id, id), eq(contactLists.userId, userId)));
  if (!list) throw new DomainError("not_found");
  return list;
}

/** How many people of a list a campaign would reach, and how many not for which reason; quick for lists of any length. */
export async function countAudience(tx: Db, userId: Id<"user">, aim: Aim): Promise<VerdictCounts> {
  const { doubleOptIn } = await getOwnList(tx, userId, aim.contactListId);
  const people = tx
    .select(factsOf(userId, aim.purpose))
    .from(contactListMembers)
    .innerJoin(contacts, eq(contacts.id, contactListMembers.contactId))
    .where(onList(userId, aim.contactListId))
    .as("people");
  const alike = await tx
    .select({
      consent: people.consent,
      onWhatsapp: people.onWhatsapp,
      suppressed: people.suppressed,
      confirmed: people.confirmed,
      asked: people.asked,
      n: sql<number>`count(*)::int`,
    })
    .from(people)
    .groupBy(people.consent, people.onWhatsapp, people.suppressed, people.confirmed, people.asked);
  const counts = noVerdicts();
  for (const { n, ...facts } of alike) counts[judge(facts, aim, doubleOptIn)] += n;
  return counts;
}

/**
 * Everyone on a list, in the list's order, with who gets a message and who does not. Counted first: what is refused is
 * refused before a row is read.
 * @param limit how many may get a message
 * @throws too_many_recipients, list_too_long, no_recipients, nobody_confirmed, nobody_to_ask
 */
export async function readAudience(tx: Db, userId: Id<"user">, aim: Aim, limit: number): Promise<Recipient[]> {
  throwProblem(await countAudience(tx, userId, aim), limit);
  const recipients = await judgePeople(tx, userId, aim);
  // Somebody may have joined the list since it was counted.
  const counts = noVerdicts();
  for (const { verdict } of recipients) counts[verdict] += 1;
  throwProblem(counts, limit);
  return recipients;
}

/** Everyone on a list that was counted and is not too long, in its order. */
export async function judgePeople(tx: Db, userId: Id<"user">, aim: Aim): Promise<Recipient[]> {
  const { doubleOptIn } = await getOwnList(tx, userId, aim.contactListId);
  const rows = await tx
    .select({
      contactId: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      ...factsOf(userId, aim.purpose),
    })
    .from(contactListMembers)
    .innerJoin(contacts, eq(contacts.id, contactListMembers.contactId))
    .where(onList(userId, aim.contactListId))
    .orderBy(asc(contacts.id))
    .limit(LIST_AT_MOST + 1);
  return rows.map(({ contactId, name, phoneE164, attributes, ...facts }) => ({
    contactId,
    recipientKey: `pn:${phoneE164}`,
    name,
    phoneE164,
    attributes,
    verdict: judge(facts, aim, doubleOptIn),
  }));
}

function throwProblem(counts: VerdictCounts, limit: number): void {
  const problem = reachProblem(counts, limit);
  if (problem) throw new DomainError(problem.code, problem.details);
}

function judge(facts: RecipientFacts, { purpose }: Aim, doubleOptIn: boolean) {
  return judgeRecipient(facts, { purpose, doubleOptIn });
}

/** The chat of the group that a list was made from. */
export interface GroupChat {
  recipientKey: string;
  name: string;
  /** As the group was when it was read; some numbers are shown, some not. */
  members: number;
  hidden: number;
  /** Known members who asked not to be messaged. What was not known here is looked at before the write. */
  optedOut: number;
  /** The phone that must write instead of the chosen one; null when that is in the group. */
  otherPhone: string | null;
}

/** Why nothing can be written to a group's chat: not from this phone, or not while somebody in it opted out. */
export function groupProblem({ otherPhone, optedOut }: GroupChat): { code: RefusalCode; details: Details } | null {
  if (otherPhone !== null) return { code: "group_chat_phone", details: { phone: otherPhone } };
  return optedOut > 0 ? { code: "member_opted_out", details: { count: optedOut } } : null;
}

/**
 * Whom a message to a list's group would reach.
 * @throws not_found, no_group_chat
 */
export async function readGroupChat(
  tx: Db,
  userId: Id<"user">,
  { contactListId, waSessionId }: { contactListId: Id<"contactList">; waSessionId: Id<"waSession"> },
): Promise<GroupChat> {
  const list = await getOwnList(tx, userId, contactListId);
  if (!list.groupKey || !list.waSessionId) throw new DomainError("no_group_chat");
  const phones = await tx
    .select({ id: waSessions.id, phone: waSessions.phone })
    .from(waSessions)
    .where(and(eq(waSessions.userId, userId), sql`${waSessions.id} in (${list.waSessionId}, ${waSessionId})`));
  const phoneOf = (id: string) => phones.find((session) => session.id === id)?.phone ?? null;
  const inGroup = phoneOf(list.waSessionId);
  // A phone that was linked anew is in its groups as before.
  const same = waSessionId === list.waSessionId || (inGroup !== null && phoneOf(waSessionId) === inGroup);
  const [left] = await tx
    .select({ n: sql<number>`count(*)::int` })
    .from(contactListMembers)
    .innerJoin(contacts, eq(contacts.id, contactListMembers.contactId))
    .where(and(onList(userId, contactListId), sql`'pn:' || contacts.phone_e164 in ${suppressedNumbers(userId)}`));
  return {
    recipientKey: list.groupKey,
    name: list.name,
    members: list.total + list.hiddenMembers,
    hidden: list.hiddenMembers,
    optedOut: left?.n ?? 0,
    otherPhone: same ? null : (inGroup ?? "the one it was read with"),
  };
}
