import { and, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactLists, contacts } from "#db/schema/index.ts";
import { judgePhone } from "../contacts/numbers/phone.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import { getOwnSession } from "../wa/link.ts";
import { isTooLarge, lastQuestion, type QuestionState, questionOf } from "./answers.ts";
import { fold, tellWhy } from "./rules.ts";
import { type GroupAnswer, type GroupKey, groupAnswer, listAnswer, type PreviewInput } from "./schema.ts";

/** The lists that were made from groups, by the group. */
async function listsOfGroups(tx: Db, userId: Id<"user">) {
  const rows = await tx
    .select({ id: contactLists.id, groupKey: contactLists.groupKey })
    .from(contactLists)
    .where(and(eq(contactLists.userId, userId), isNotNull(contactLists.groupKey)));
  return new Map(rows.map(({ id, groupKey }) => [groupKey, id]));
}

/**
 * The groups a phone is in, by name, as it last answered within the hour; `state` is that of the last question, `at` when
 * the answer was asked for. @throws not_found
 */
export async function listGroups(
  tx: Db,
  userId: Id<"user">,
  { sessionId, search = "" }: { sessionId: Id<"waSession">; search?: string | undefined },
) {
  await getOwnSession(tx, userId, sessionId);
  const last = await lastQuestion(tx, userId, sessionId, "list_groups");
  const answered =
    last?.state === "answered"
      ? last
      : await lastQuestion(tx, userId, sessionId, "list_groups", sql`status = 'done' and result is not null`);
  const { groups } = answered ? listAnswer.parse(answered.result) : { groups: [] };
  const imported = await listsOfGroups(tx, userId);
  const wanted = fold(search.trim());
  const state: QuestionState = last?.state ?? "unasked";
  return {
    state,
    why: last?.state === "failed" ? tellWhy(last.why) : null,
    at: answered?.at ?? null,
    /** All there are; fewer may be shown. */
    total: groups.length,
    groups: groups
      .filter(({ subject }) => fold(subject).includes(wanted))
      .toSorted((a, b) => a.subject.localeCompare(b.subject, "en", { sensitivity: "base" }) || (a.key < b.key ? -1 : 1))
      .map((group) => ({ ...group, tooLarge: isTooLarge(group), imported: imported.get(group.key) ?? null })),
  };
}

export interface GroupMember {
  phoneE164: string;
  /** As the group shows it; null when it shows none. */
  name: string | null;
  admin: boolean;
  /** Who it is among the user's contacts. */
  known: Id<"contact"> | null;
  optedOut: boolean;
  /** Why nobody can have this number; such a member is not imported. */
  problem: string | null;
}

/** Members with a number, each with what the user knows of them, in the order of the group: admins first. */
export async function judgeMembers(
  tx: Db,
  userId: Id<"user">,
  members: GroupAnswer["members"],
): Promise<GroupMember[]> {
  if (members.length === 0) return [];
  const judged = members.map(({ pn, name, admin }) => {
    const phone = judgePhone(pn.slice(3));
    return { name, admin, phoneE164: phone.ok ? phone.e164 : pn.slice(3), problem: phone.ok ? null : phone.reason };
  });
  const numbers = judged.map(({ phoneE164 }) => phoneE164);
  const known = await tx
    .select({ id: contacts.id, phoneE164: contacts.phoneE164 })
    .from(contacts)
    .where(and(eq(contacts.userId, userId), inArray(contacts.phoneE164, numbers)));
  const ids = new Map(known.map(({ id, phoneE164 }) => [phoneE164, id]));
  const gone = await tx.execute<{ phone: string }>(sql`
    select n.phone from jsonb_array_elements_text(${JSON.stringify(numbers)}::text::jsonb) as n(phone)
     where 'pn:' || n.phone in ${suppressedNumbers(userId)}`);
  const optedOut = new Set(gone.map(({ phone }) => phone));
  return judged
    .map((member) => ({
      ...member,
      known: ids.get(member.phoneE164) ?? null,
      optedOut: optedOut.has(member.phoneE164),
    }))
    .toSorted((a, b) => Number(b.admin) - Number(a.admin));
}

/**
 * Who is in a group, as WhatsApp last answered within the hour. @throws not_found when the phone is not the user's
 */
export async function previewGroup(tx: Db, userId: Id<"user">, input: PreviewInput) {
  await getOwnSession(tx, userId, input.sessionId);
  const last = await questionOf(tx, userId, input);
  const answer = last?.state === "answered" ? groupAnswer.parse(last.result) : undefined;
  const state: QuestionState = last?.state ?? "unasked";
  const key: GroupKey | null = answer?.key ?? ("groupKey" in input ? input.groupKey : null);
  return {
    state,
    why: last?.state === "failed" ? tellWhy(last.why) : null,
    at: last?.at ?? null,
    key,
    subject: answer?.subject ?? null,
    members: answer ? await judgeMembers(tx, userId, answer.members) : [],
    /** Members whose number WhatsApp does not show. */
    hidden: answer?.hidden ?? 0,
    /** Members whose data was erased here; they stay forgotten. */
    erased: answer?.erased ?? 0,
    /** As WhatsApp counts, this phone included. */
    total: answer?.size ?? 0,
    tooLarge: answer !== undefined && isTooLarge(answer),
    imported: key === null ? null : ((await listsOfGroups(tx, userId)).get(key) ?? null),
  };
}
