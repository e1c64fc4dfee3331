import { and, asc, eq, gt, inArray, isNotNull, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactLists, contacts, messages, waSessions } from "#db/schema/index.ts";
import { type MessageStatus, messageStatuses, reasonSentence } from "../../messages/rules.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { recipientAddress } from "../rules.ts";
import { readWaiting } from "../run/waiting.ts";
import type { CampaignMessagesInput } from "../schema.ts";

type Counts = Record<MessageStatus, number>;

/** How many rows of each campaign are in each status. The counts of a campaign add up to its total. */
export async function countRows(tx: Db, ids: readonly Id<"campaign">[]): Promise<Map<string, Counts>> {
  const none = () => Object.fromEntries(messageStatuses.map((status) => [status, 0])) as Counts;
  const counts = new Map<string, Counts>(ids.map((id) => [id, none()]));
  if (ids.length === 0) return counts;
  const rows = await tx
    .select({ id: messages.campaignId, status: messages.status, n: sql<number>`count(*)::int` })
    .from(messages)
    .where(inArray(messages.campaignId, [...ids]))
    .groupBy(messages.campaignId, messages.status);
  for (const row of rows) {
    const of = row.id ? counts.get(row.id) : undefined;
    if (of) of[row.status] = row.n;
  }
  return counts;
}

/** Everything the board of a campaign shows but its rows. */
export async function getCampaign(tx: Db, userId: Id<"user">, input: { id: string }, dailyCap: number) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const lists = await tx
    .select({ id: contactLists.id, name: contactLists.name })
    .from(contactLists)
    .where(inArray(contactLists.id, campaign.listIds))
    .orderBy(asc(contactLists.id));
  const session = campaign.waSessionId && (await readSession(tx, campaign.waSessionId));
  const counts = countsOf(await countRows(tx, [campaign.id]), campaign.id);
  const [charged] = await tx
    .select({ points: sql<number>`coalesce(sum(${messages.costPoints}), 0)::int` })
    .from(messages)
    .where(eq(messages.campaignId, campaign.id));
  const waiting =
    campaign.status === "running" && session && counts.queued > 0
      ? await readWaiting(tx, userId, session.id, dailyCap, campaign.id)
      : null;
  const { userId: _own, waSessionId: _session, ...shown } = campaign;
  return {
    ...shown,
    counts,
    /** Of those a confirmation asked, nobody of whom had confirmed before: who has now. */
    confirmed: campaign.purpose === "confirmation" ? await countConfirmed(tx, campaign.id) : 0,
    pointsCharged: charged?.points ?? 0,
    lists,
    session: session || null,
    waiting,
    nextSendAt: campaign.status === "running" && counts.queued > 0 && !waiting && session ? session.nextSendAt : null,
  };
}

async function readSession(tx: Db, id: Id<"waSession">) {
  const [session] = await tx
    .select({
      id: waSessions.id,
      phone: waSessions.phone,
      pushName: waSessions.pushName,
      status: waSessions.status,
      nextSendAt: waSessions.nextSendAt,
    })
    .from(waSessions)
    .where(eq(waSessions.id, id));
  return session ?? null;
}

async function countConfirmed(tx: Db, id: Id<"campaign">): Promise<number> {
  const [row] = await tx
    .select({ n: sql<number>`count(*)::int` })
    .from(messages)
    .innerJoin(contacts, eq(contacts.id, messages.contactId))
    .where(and(eq(messages.campaignId, id), isNotNull(messages.sentAt), isNotNull(contacts.confirmedAt)));
  return row?.n ?? 0;
}

/** A page of recipients in the sending order, after `cursor`. */
export async function listCampaignMessages(tx: Db, userId: Id<"user">, input: CampaignMessagesInput) {
  const { id } = await getOwnCampaign(tx, userId, input.id);
  const rows = await tx
    .select({
      id: messages.id,
      name: messages.recipientName,
      recipientKey: messages.recipientKey,
      status: messages.status,
      errorCode: messages.errorCode,
      submissions: messages.submissions,
      transportErrors: messages.transportErrors,
      notBefore: messages.notBefore,
      sendingAt: messages.sendingAt,
      sentAt: messages.sentAt,
      deliveredAt: messages.deliveredAt,
      readAt: messages.readAt,
      endedAt: messages.endedAt,
    })
    .from(messages)
    .where(
      and(
        eq(messages.campaignId, id),
        eq(messages.userId, userId),
        input.status ? eq(messages.status, input.status) : undefined,
        input.reason ? sql`coalesce(${messages.errorCode}, 'no_answer') = ${input.reason}` : undefined,
        input.cursor ? gt(messages.id, input.cursor as Id<"message">) : undefined,
      ),
    )
    .orderBy(asc(messages.id))
    .limit(input.limit + 1);
  const page = rows.slice(0, input.limit);
  return {
    rows: page.map(({ recipientKey, transportErrors, notBefore, ...row }) => ({
      ...row,
      /** How often the connection failed before anything was written, and when it is tried again. */
      retrying: row.status === "queued" && transportErrors > 0 ? { failures: transportErrors, at: notBefore } : null,
      phone: recipientAddress(recipientKey),
      reason: row.errorCode ? reasonSentence(row.errorCode) : null,
    })),
    nextCursor: rows.length > input.limit ? (page.at(-1)?.id ?? null) : null,
  };
}

export function countsOf(counts: Map<string, Counts>, id: string): Counts {
  const found = counts.get(id);
  if (!found) throw new Error(`no counts for ${id}`);
  return found;
}
