import { and, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactListMembers, contactLists, contacts } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { lockContacts } from "../contacts/lock.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import type { SessionKeys } from "../keys/seal.ts";
import { learnIdentities } from "../opt-outs/learn-identities.ts";
import { type Pads, tombstonePads } from "../opt-outs/tombstones.ts";
import { withUser } from "../users/with-user.ts";
import { getOwnSession } from "../wa/link.ts";
import { answerWithoutErased, isTooLarge, lastAnswer } from "./answers.ts";
import { judgeMembers } from "./queries.ts";
import { LARGEST_GROUP } from "./rules.ts";
import type { GroupAnswer, ImportInput } from "./schema.ts";

const LONGEST_NAME = 80;

/** What became of a group's members. */
export interface ImportedGroup {
  contactListId: Id<"contactList">;
  /** New contacts, without consent. */
  added: number;
  /** Contacts from before who are on the list now; they keep what they have. */
  known: number;
  /** Members whose number WhatsApp does not show. */
  hidden: number;
  /** Members who asked not to be messaged, or were erased: they are not on the list. */
  optedOut: number;
  /** Members whose number cannot exist. */
  invalid: number;
}

/** @throws not_found, group_not_read, group_too_large */
async function answerOf(tx: Db, userId: Id<"user">, input: ImportInput): Promise<GroupAnswer> {
  await getOwnSession(tx, userId, input.sessionId);
  const answer = await lastAnswer(tx, userId, input);
  if (!answer) throw new DomainError("group_not_read");
  if (isTooLarge(answer)) throw new DomainError("group_too_large", { size: answer.size, limit: LARGEST_GROUP });
  return answer;
}

async function listOf(tx: Db, userId: Id<"user">, input: ImportInput, answer: GroupAnswer): Promise<Id<"contactList">> {
  const facts = { waSessionId: input.sessionId, hiddenMembers: answer.hidden ?? 0 };
  const [list] = await tx
    .update(contactLists)
    .set({ ...facts, ...(input.listName === undefined ? {} : { name: input.listName }) })
    .where(and(eq(contactLists.userId, userId), eq(contactLists.groupKey, input.groupKey)))
    .returning({ id: contactLists.id });
  if (list) return list.id;
  const id = newId("contactList");
  const name = input.listName ?? (answer.subject.trim().slice(0, LONGEST_NAME) || "Group");
  await tx.insert(contactLists).values({ id, userId, name, source: "group", groupKey: input.groupKey, ...facts });
  return id;
}

/**
 * Makes a list of a group, or brings the one made of it before up to date: members with a number become contacts without
 * consent, those who are contacts already keep all they have. Nobody who opted out is added, and nobody leaves the list.
 * @param db the system path: which number and LID are one person is not the user's to write
 * @throws not_found, group_not_read, group_too_large
 */
export async function importGroup(
  db: Db,
  keys: SessionKeys,
  userId: Id<"user">,
  input: ImportInput,
): Promise<ImportedGroup> {
  const pads = await tombstonePads(db, keys);
  const { members } = await answerOf(db, userId, input);
  // First, so that an opt-out under a LID holds for the number beside it.
  await learnIdentities(
    db,
    pads,
    userId,
    members.flatMap(({ pn, lid }) => (lid ? [{ pn, lid }] : [])),
  );
  return withUser(db, userId, (tx) => makeList(tx, pads, userId, input));
}

async function makeList(tx: Db, pads: Pads, userId: Id<"user">, input: ImportInput): Promise<ImportedGroup> {
  await lockContacts(tx, userId);
  const told = await answerOf(tx, userId, input);
  const answer = await answerWithoutErased(tx, pads, userId, told);
  const members = await judgeMembers(tx, userId, answer.members);
  const usable = members.filter(({ optedOut, problem }) => !optedOut && problem === null);
  const rows = usable
    .filter(({ known }) => known === null)
    .map(({ name, phoneE164 }) => ({
      id: newId("contact"),
      userId,
      name: name ?? phoneE164,
      phoneE164,
      consent: false,
    }));
  const known = usable.flatMap((member) => member.known ?? []);
  const contactListId = await listOf(tx, userId, input, answer);
  if (rows.length > 0) await tx.insert(contacts).values(rows);
  const memberships = [...rows.map(({ id }) => id), ...known].map((contactId) => ({
    contactListId,
    contactId,
    userId,
  }));
  if (memberships.length > 0) await tx.insert(contactListMembers).values(memberships).onConflictDoNothing();
  const figures = {
    added: rows.length,
    known: known.length,
    hidden: answer.hidden ?? 0,
    // Whoever was erased before the group was read, and since.
    optedOut: told.erased + answer.erased + members.filter(({ optedOut }) => optedOut).length,
    invalid: members.filter(({ optedOut, problem }) => !optedOut && problem !== null).length,
  };
  await recordAudit(tx, userId, "groups.imported", { contactListId, sessionId: input.sessionId, ...figures });
  await publish(tx, userId, "contacts", contactListId);
  return { contactListId, ...figures };
}
