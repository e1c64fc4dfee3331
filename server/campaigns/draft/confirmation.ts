import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { consentEvents, waSessions } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { confirmationText } from "../../templates/rules.ts";
import { DEFAULT_THROTTLE } from "../schema.ts";
import { getOwnLists, wholeList } from "./audience.ts";
import { createCampaign } from "./draft.ts";

const NAME_MAX = 120;

/**
 * Makes a draft that asks the people of a list for their YES, with a text to begin with. It goes to nobody before it is
 * reviewed and started like any other.
 * @param input.waSessionId may be left out by whoever has one linked phone
 * @throws not_found, no_double_opt_in, session_not_linked without any linked phone, phone_not_chosen with several
 */
export async function askToConfirm(
  tx: Db,
  userId: Id<"user">,
  input: { listId: Id<"contactList">; waSessionId?: Id<"waSession"> | undefined },
): Promise<{ campaignId: Id<"campaign"> }> {
  const [list] = await getOwnLists(tx, userId, [input.listId]);
  if (!list) throw new DomainError("not_found");
  const waSessionId = input.waSessionId ?? (await onlyPhone(tx, userId));
  const { id } = await createCampaign(tx, userId, {
    name: `Confirmation: ${list.name}`.slice(0, NAME_MAX),
    ...wholeList(list.id, "confirmation"),
    waSessionId,
    audience: "list",
    templateText: confirmationText(list.name),
    throttleMinSeconds: DEFAULT_THROTTLE.minMs / 1_000,
    throttleMaxSeconds: DEFAULT_THROTTLE.maxMs / 1_000,
  });
  return { campaignId: id };
}

async function onlyPhone(tx: Db, userId: Id<"user">): Promise<Id<"waSession">> {
  const linked = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.userId, userId), inArray(waSessions.status, ["linked", "reconnecting"])))
    .limit(2);
  const [phone, another] = linked;
  if (!phone) throw new DomainError("session_not_linked");
  if (another) {
    const { message } = new DomainError("phone_not_chosen");
    throw new DomainError("phone_not_chosen", {}, { waSessionId: message });
  }
  return phone.id;
}

/**
 * Lets one campaign of a user start at a time: of two that ask the same people at the same moment, from two phones, the
 * second sees whom the first asked. It comes before every row lock.
 */
export async function lockAsking(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`asking|${userId}`}, 0))`);
}

/** Keeps that these people were asked for their YES, and in which words. */
export async function recordAsked(
  tx: Db,
  userId: Id<"user">,
  contactIds: Id<"contact">[],
  statement: string,
): Promise<void> {
  if (contactIds.length === 0) return;
  await tx.insert(consentEvents).values(
    contactIds.map((contactId) => ({
      userId,
      contactId,
      kind: "asked" as const,
      source: "message" as const,
      statement,
      at: sql`app_now()`,
    })),
  );
}
