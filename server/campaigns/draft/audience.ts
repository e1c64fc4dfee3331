import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactLists, contacts } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { maybeArrived } from "../../messages/maybe-arrived.ts";
import { suppressedNumbers } from "../../opt-outs/is-suppressed.ts";
import {
  judgeRecipient,
  type LeftOutReason,
  LIST_AT_MOST,
  noVerdicts,
  type Purpose,
  reachProblem,
  type VerdictCounts,
} from "../rules.ts";

/** Whom a campaign goes to, and what for. See `campaigns` in db/schema. */
export interface Aim {
  listIds: Id<"contactList">[];
  tags: string[];
  narrow: boolean;
  exceptListIds: Id<"contactList">[];
  exceptTags: string[];
  purpose: Purpose;
}

/** A campaign to one whole list. */
export const wholeList = (id: Id<"contactList">, purpose: Purpose = "message"): Aim => ({
  listIds: [id],
  tags: [],
  narrow: false,
  exceptListIds: [],
  exceptTags: [],
  purpose,
});

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
    select bool_and(m.status in ('skipped', 'cancelled') or (m.status = 'failed' and not ${maybeArrived(sql`m.error_code`)}))
      from messages m join campaigns q on q.id = m.campaign_id where m.contact_id = contacts.id and q.purpose = 'confirmation'), false))`;

const texts = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;

const onOneOf = (listIds: readonly string[]): SQL =>
  sql`contacts.id in (select m.contact_id from contact_list_members m where m.contact_list_id = any(${texts(listIds)}))`;

/** SQL: whether a contact is on more than one of these lists. */
export const onSeveral = (listIds: readonly string[]): SQL =>
  sql`contacts.id in (select m.contact_id from contact_list_members m where m.contact_list_id = any(${texts(listIds)})
                       group by m.contact_id having count(*) > 1)`;

/**
 * SQL: whether a row of `contacts` is one of the people whom a campaign goes to, whatever is known of them. `narrow` needs
 * both a list and a tag to mean something; who is left out is left out however they were chosen.
 */
export function isAimedAt(userId: Id<"user">, aim: Omit<Aim, "purpose">): SQL {
  const { listIds, tags, narrow, exceptListIds, exceptTags } = aim;
  const tagged = sql`contacts.tags && ${texts(tags)}`;
  // Joins, which the planner can do for lists of any length: an OR of the two is gone through for each person anew.
  const either = sql`contacts.id in (
    select m.contact_id from contact_list_members m where m.contact_list_id = any(${texts(listIds)})
    union select c.id from contacts c where c.user_id = ${userId} and c.tags && ${texts(tags)})`;
  const chosen =
    tags.length === 0
      ? onOneOf(listIds)
      : narrow && listIds.length > 0
        ? sql`(${onOneOf(listIds)} and ${tagged})`
        : either;
  const left =
    exceptListIds.length > 0
      ? sql` and not exists (select 1 from contact_list_members m
               where m.contact_id = contacts.id and m.contact_list_id = any(${texts(exceptListIds)}))`
      : sql``;
  const leftTags = exceptTags.length > 0 ? sql` and not contacts.tags && ${texts(exceptTags)}` : sql``;
  return sql`(contacts.user_id = ${userId} and ${chosen}${left}${leftTags})`;
}

/**
 * SQL: whether somebody has to confirm before they get this campaign: they are on a list that waits for a YES, and on none of
 * the chosen lists that does not. A tag is no way around it.
 */
const needsYes = (listIds: readonly string[]): SQL<boolean> => sql<boolean>`(exists (
    select 1 from contact_list_members m join contact_lists l on l.id = m.contact_list_id
     where m.contact_id = contacts.id and l.double_opt_in)
  and not exists (
    select 1 from contact_list_members m join contact_lists l on l.id = m.contact_list_id
     where m.contact_id = contacts.id and not l.double_opt_in and l.id = any(${texts(listIds)})))`;

/** SQL: what `judgeRecipient` judges by, of each contact. */
const factsOf = (userId: Id<"user">, { listIds, purpose }: Aim) => ({
  consent: contacts.consent,
  onWhatsapp: contacts.onWhatsapp,
  suppressed: sql<boolean>`'pn:' || contacts.phone_e164 in ${suppressedNumbers(userId)}`.as("suppressed"),
  needsYes: (purpose === "confirmation" ? sql<boolean>`false` : needsYes(listIds)).as("needs_yes"),
  confirmed: sql<boolean>`contacts.confirmed_at is not null`.as("confirmed"),
  asked: (purpose === "confirmation" ? wasAsked : sql<boolean>`false`).as("asked"),
});

/** The user's lists, in the order of their ids. @throws not_found when one of them is not there */
export async function getOwnLists(tx: Db, userId: Id<"user">, ids: readonly Id<"contactList">[]) {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return [];
  const lists = await tx
    .select()
    .from(contactLists)
    .where(and(inArray(contactLists.id, wanted), eq(contactLists.userId, userId)))
    .orderBy(asc(contactLists.id));
  if (lists.length < wanted.length) throw new DomainError("not_found");
  return lists;
}

/** How many people a campaign would reach, and how many not for which reason; quick for lists of any length. */
export async function countAudience(tx: Db, userId: Id<"user">, aim: Aim): Promise<VerdictCounts> {
  const people = tx.select(factsOf(userId, aim)).from(contacts).where(isAimedAt(userId, aim)).as("people");
  const facts = {
    consent: people.consent,
    onWhatsapp: people.onWhatsapp,
    suppressed: people.suppressed,
    needsYes: people.needsYes,
    confirmed: people.confirmed,
    asked: people.asked,
  };
  const alike = await tx
    .select({ ...facts, n: sql<number>`count(*)::int` })
    .from(people)
    .groupBy(...Object.values(facts));
  const counts = noVerdicts();
  for (const { n, ...known } of alike) counts[judgeRecipient(known, aim.purpose)] += n;
  return counts;
}

/**
 * Everyone whom a campaign is aimed at, each once, in the order of their making, with who gets a message and who does not.
 * Counted first: what is refused is refused before a row is read.
 * @param limit how many may get a message
 * @throws too_many_recipients, list_too_long, no_recipients, nobody_confirmed, nobody_to_ask
 */
export async function readAudience(tx: Db, userId: Id<"user">, aim: Aim, limit: number): Promise<Recipient[]> {
  throwProblem(await countAudience(tx, userId, aim), limit);
  const recipients = await judgePeople(tx, userId, aim);
  // Somebody may have joined a list since it was counted.
  const counts = noVerdicts();
  for (const { verdict } of recipients) counts[verdict] += 1;
  throwProblem(counts, limit);
  return recipients;
}

/** Everyone whom a campaign is aimed at, when they were counted and are not too many; or the first of them. */
export async function judgePeople(
  tx: Db,
  userId: Id<"user">,
  aim: Aim,
  atMost: number = LIST_AT_MOST + 1,
): Promise<Recipient[]> {
  const rows = await tx
    .select({
      contactId: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      ...factsOf(userId, aim),
    })
    .from(contacts)
    .where(isAimedAt(userId, aim))
    .orderBy(asc(contacts.id))
    .limit(atMost);
  return rows.map(({ contactId, name, phoneE164, attributes, ...facts }) => ({
    contactId,
    recipientKey: `pn:${phoneE164}`,
    name,
    phoneE164,
    attributes,
    verdict: judgeRecipient(facts, aim.purpose),
  }));
}

function throwProblem(counts: VerdictCounts, limit: number): void {
  const problem = reachProblem(counts, limit);
  if (problem) throw new DomainError(problem.code, problem.details);
}
