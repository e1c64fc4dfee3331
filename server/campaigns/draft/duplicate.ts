import { and, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, contactListMembers, contactLists, media, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { growColumns } from "../../contacts/lists.ts";
import { lockContacts } from "../../contacts/lock.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { maybeArrived } from "../../messages/maybe-arrived.ts";
import { suppressedNumbers } from "../../opt-outs/is-suppressed.ts";
import { getOwnCampaign } from "./draft.ts";
import type { DuplicateInput } from "./schema.ts";

const NAME_MAX = 120;
const LIST_NAME_MAX = 80;

/** A name with a tail that tells it from the first, short enough for its field. */
const named = (name: string, before: string, after: string, most: number): string =>
  `${before}${name.slice(0, most - before.length - after.length).trimEnd()}${after}`;

/**
 * Makes a new draft that is like a campaign, whatever became of that: the same people, text, file and pace. Lists, a phone or
 * a file that are gone are left out; the draft says what it lacks.
 * @param input.people `failed`: to those alone whose message failed, who are put on a list of their own. Never those of whom
 * nobody knows, whom the user gave up or WhatsApp never confirmed (it may have reached them), nor who opted out since
 * @throws not_found, nobody_failed
 */
export async function duplicateCampaign(
  tx: Db,
  userId: Id<"user">,
  input: DuplicateInput,
): Promise<{ id: Id<"campaign"> }> {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const only = input.people === "failed" ? await listFailed(tx, campaign) : null;
  const id = newId("campaign");
  await tx.insert(campaigns).values({
    id,
    userId,
    name: named(campaign.name, "", " (copy)", NAME_MAX),
    purpose: campaign.purpose,
    audience: campaign.audience,
    templateText: campaign.templateText,
    throttleMinMs: campaign.throttleMinMs,
    throttleMaxMs: campaign.throttleMaxMs,
    waSessionId: await phoneLeft(tx, campaign),
    mediaId: await fileLeft(tx, campaign),
    ...(only
      ? { listIds: [only] }
      : {
          listIds: await listsLeft(tx, userId, campaign.listIds),
          tags: campaign.tags,
          narrow: campaign.narrow,
          exceptListIds: await listsLeft(tx, userId, campaign.exceptListIds),
          exceptTags: campaign.exceptTags,
        }),
  });
  await recordAudit(tx, userId, "campaign.duplicated", {
    campaignId: id,
    from: campaign.id,
    failedOnly: only !== null,
  });
  await publish(tx, userId, "campaign", id);
  return { id };
}

type Campaign = Awaited<ReturnType<typeof getOwnCampaign>>;

async function listFailed(tx: Db, campaign: Campaign): Promise<Id<"contactList">> {
  const { userId } = campaign;
  await lockContacts(tx, userId);
  const rows = await tx.execute<{ id: Id<"contact"> }>(sql`
    select c.id from contacts c
     where c.user_id = ${userId} and 'pn:' || c.phone_e164 not in ${suppressedNumbers(userId)}
       and c.id in (select m.contact_id from messages m where m.campaign_id = ${campaign.id} and m.status = 'failed'
                       and not ${maybeArrived(sql`m.error_code`)})
     order by c.id`);
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) throw new DomainError("nobody_failed");
  const sources = await tx
    .select({ columns: contactLists.columns, doubleOptIn: contactLists.doubleOptIn })
    .from(contactLists)
    .where(and(inArray(contactLists.id, campaign.listIds), eq(contactLists.userId, userId)));
  const id = newId("contactList");
  await tx.insert(contactLists).values({
    id,
    userId,
    name: named(campaign.name, "Failed of ", "", LIST_NAME_MAX),
    source: "upload",
    columns: [...new Set(sources.flatMap(({ columns }) => columns))],
    // No way around the YES that every one of its lists asks for.
    doubleOptIn: sources.length > 0 && sources.every(({ doubleOptIn }) => doubleOptIn),
  });
  await tx.insert(contactListMembers).values(ids.map((contactId) => ({ contactListId: id, contactId, userId })));
  await growColumns(tx, userId, ids, [id]);
  await recordAudit(tx, userId, "contacts.list_created", { contactListId: id, count: ids.length });
  await publish(tx, userId, "contacts", id);
  return id;
}

async function listsLeft(tx: Db, userId: Id<"user">, ids: Id<"contactList">[]): Promise<Id<"contactList">[]> {
  const left = await tx
    .select({ id: contactLists.id })
    .from(contactLists)
    .where(and(inArray(contactLists.id, ids), eq(contactLists.userId, userId)));
  return ids.filter((id) => left.some((list) => list.id === id));
}

async function phoneLeft(tx: Db, { userId, waSessionId }: Campaign): Promise<Id<"waSession"> | null> {
  if (waSessionId === null) return null;
  const [session] = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.id, waSessionId), eq(waSessions.userId, userId), ne(waSessions.status, "removed")));
  return session?.id ?? null;
}

async function fileLeft(tx: Db, { userId, mediaId }: Campaign): Promise<Id<"media"> | null> {
  if (mediaId === null) return null;
  const [file] = await tx
    .select({ id: media.id })
    .from(media)
    .where(and(eq(media.id, mediaId), eq(media.userId, userId), isNull(media.removedAt)));
  return file?.id ?? null;
}
