import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactLists, contacts } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { judgeRecipient, LIST_AT_MOST, noVerdicts, type Purpose, reachProblem, type VerdictCounts } from "../rules.ts";
import { factsOf, judgedAs, texts, type Verdict } from "./facts.ts";

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
  verdict: Verdict;
}

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

/**
 * Has Postgres plan each query of this transaction for the lists that it names. One plan for lists of any length, which it
 * makes once a connection has asked often enough, takes seconds where twenty thousand people are on one.
 */
async function planForTheseLists(tx: Db): Promise<void> {
  await tx.execute(sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`);
}

/** How many people a campaign would reach, and how many not for which reason; quick for lists of any length. */
export async function countAudience(tx: Db, userId: Id<"user">, aim: Aim): Promise<VerdictCounts> {
  await planForTheseLists(tx);
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
 * @param wanted those alone of whom the rule says this
 * @throws too_many_recipients, list_too_long, no_recipients, nobody_confirmed, nobody_to_ask
 */
export async function readAudience(
  tx: Db,
  userId: Id<"user">,
  aim: Aim,
  limit: number,
  wanted?: readonly Verdict[],
): Promise<Recipient[]> {
  const counted = await countAudience(tx, userId, aim);
  throwProblem(counted, limit);
  const recipients = await judgePeople(tx, userId, aim, { wanted });
  // Somebody may have joined a list since it was counted.
  const read = noVerdicts();
  for (const { verdict } of recipients) read[verdict] += 1;
  throwProblem(wanted ? { ...counted, queued: read.queued } : read, limit);
  return recipients;
}

interface Which {
  /** Those alone of whom the rule says this. */
  wanted?: readonly Verdict[] | undefined;
  /** A part of the name, however it is written. */
  named?: string | undefined;
  atMost?: number;
  skip?: number;
}

/** Those whom a campaign is aimed at, in the order of their making: everyone, when they were counted and are not too many. */
export async function judgePeople(tx: Db, userId: Id<"user">, aim: Aim, which: Which = {}): Promise<Recipient[]> {
  await planForTheseLists(tx);
  const people = factsOfPeople(tx, userId, aim);
  const rows = await tx
    .select()
    .from(people)
    .where(isOneOf(people, aim, which))
    .orderBy(asc(people.contactId))
    .limit(which.atMost ?? LIST_AT_MOST + 1)
    .offset(which.skip ?? 0);
  return rows.map(({ contactId, name, phoneE164, attributes, ...facts }) => ({
    contactId,
    recipientKey: `pn:${phoneE164}`,
    name,
    phoneE164,
    attributes,
    verdict: judgeRecipient(facts, aim.purpose),
  }));
}

/** How many of them there are. */
export function countPeople(tx: Db, userId: Id<"user">, aim: Aim, which: Omit<Which, "atMost" | "skip">) {
  const people = factsOfPeople(tx, userId, aim);
  return tx.$count(people, isOneOf(people, aim, which));
}

const factsOfPeople = (tx: Db, userId: Id<"user">, aim: Aim) =>
  tx
    .select({
      contactId: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      ...factsOf(userId, aim),
    })
    .from(contacts)
    .where(isAimedAt(userId, aim))
    .as("people");

const isOneOf = (people: ReturnType<typeof factsOfPeople>, { purpose }: Aim, { wanted, named }: Which) =>
  and(
    wanted && judgedAs(people, wanted, purpose),
    named ? sql`position(search_fold(${named}) in search_fold(${people.name})) > 0` : undefined,
  );

function throwProblem(counts: VerdictCounts, limit: number): void {
  const problem = reachProblem(counts, limit);
  if (problem) throw new DomainError(problem.code, problem.details);
}
