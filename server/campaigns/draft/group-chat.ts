import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactListMembers, contacts, waSessions } from "#db/schema/index.ts";
import { type Details, DomainError, type RefusalCode } from "../../errors.ts";
import { suppressedNumbers } from "../../opt-outs/is-suppressed.ts";
import { getOwnLists } from "./audience.ts";

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
  { listIds, waSessionId }: { listIds: readonly Id<"contactList">[]; waSessionId: Id<"waSession"> | null },
): Promise<GroupChat> {
  const [contactListId, another] = listIds;
  if (!contactListId || another) throw new DomainError("no_group_chat");
  const [list] = await getOwnLists(tx, userId, [contactListId]);
  if (!list?.groupKey || !list.waSessionId) throw new DomainError("no_group_chat");
  const phones = await tx
    .select({ id: waSessions.id, phone: waSessions.phone })
    .from(waSessions)
    .where(
      and(
        eq(waSessions.userId, userId),
        inArray(waSessions.id, waSessionId ? [list.waSessionId, waSessionId] : [list.waSessionId]),
      ),
    );
  const phoneOf = (id: string) => phones.find((session) => session.id === id)?.phone ?? null;
  const inGroup = phoneOf(list.waSessionId);
  // A phone that was linked anew is in its groups as before.
  const same =
    waSessionId === null || waSessionId === list.waSessionId || (inGroup !== null && phoneOf(waSessionId) === inGroup);
  const [left] = await tx
    .select({ n: sql<number>`count(*)::int` })
    .from(contactListMembers)
    .innerJoin(contacts, eq(contacts.id, contactListMembers.contactId))
    .where(
      and(
        eq(contactListMembers.contactListId, contactListId),
        eq(contacts.userId, userId),
        sql`'pn:' || contacts.phone_e164 in ${suppressedNumbers(userId)}`,
      ),
    );
  return {
    recipientKey: list.groupKey,
    name: list.name,
    members: list.total + list.hiddenMembers,
    hidden: list.hiddenMembers,
    optedOut: left?.n ?? 0,
    otherPhone: same ? null : (inGroup ?? "the one it was read with"),
  };
}
