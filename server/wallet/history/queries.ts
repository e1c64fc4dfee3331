import { and, desc, eq, getTableColumns, gt, lt, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, grants, messages, planPeriods, purchases, walletTxns } from "#db/schema/index.ts";
import type { HistoryFilter, HistoryInput } from "./schema.ts";
import { type BookedWallet, dayStart, findWallet, spanOf } from "./span.ts";

const PAGE = 50;
/** How many campaigns a filter offers. */
const OFFERED = 50;

/** The ledger, newest first, each booking with its cause. */
export async function listTxns(tx: Db, userId: Id<"user">, { cursor, ...filter }: HistoryInput) {
  const wallet = await findWallet(tx, userId);
  if (!wallet) return { rows: [], nextCursor: null };
  const rows = await readTxns(tx, userId, wallet, filter, { before: Number(cursor ?? Infinity), limit: PAGE + 1 });
  const page = rows.slice(0, PAGE);
  return { rows: page, nextCursor: rows.length > PAGE ? String(page.at(-1)?.seq ?? "") : null };
}

export type Txn = Awaited<ReturnType<typeof readTxns>>[number];

/** The newest bookings of a wallet before one of them, or at all. Each page is found by its place, however deep it is. */
export async function readTxns(
  tx: Db,
  userId: Id<"user">,
  wallet: BookedWallet,
  filter: HistoryFilter,
  { before, limit }: { before: number; limit: number },
) {
  // The reference of a charge, and of what gives it back, is "msg:" and the message. Taken apart here: row-level security lets
  // an index look for a plain value alone.
  const messageId = sql<
    string | null
  >`case when ${walletTxns.refId} like 'msg:%' then substr(${walletTxns.refId}, 5) end`;
  const page = tx
    .select({ ...getTableColumns(walletTxns), messageId: messageId.as("message_id") })
    .from(walletTxns)
    .where(and(eq(walletTxns.userId, userId), ...(await conditions(tx, userId, wallet, filter, before))))
    .orderBy(desc(walletTxns.seq))
    .limit(limit)
    .as("page");
  // A plan's points refer to its period, and that to what it came from.
  const origin = sql`case when ${planPeriods.refId} is null then ${page.refId} else ${planPeriods.refId} end`;
  const rows = await tx
    .select({
      id: page.id,
      seq: page.seq,
      type: page.type,
      points: page.points,
      balanceAfter: page.balanceAfter,
      refId: page.refId,
      createdAt: page.createdAt,
      message: {
        id: messages.id,
        kind: messages.kind,
        recipient: messages.recipientName,
        recipientKey: messages.recipientKey,
        contactId: messages.contactId,
      },
      campaign: { id: campaigns.id, name: campaigns.name },
      plan: planPeriods.plan,
      purchase: { id: purchases.id, automatic: purchases.automatic },
      reason: grants.reason,
    })
    .from(page)
    .leftJoin(messages, eq(messages.id, page.messageId))
    .leftJoin(campaigns, eq(campaigns.id, messages.campaignId))
    .leftJoin(planPeriods, sql`${planPeriods.id} = ${page.refId}`)
    .leftJoin(purchases, sql`${purchases.id} = ${origin}`)
    .leftJoin(grants, sql`${grants.id} = ${origin}`)
    .orderBy(desc(page.seq));
  return rows;
}

async function conditions(
  tx: Db,
  userId: Id<"user">,
  wallet: BookedWallet,
  filter: HistoryFilter,
  before: number,
): Promise<(SQL | undefined)[]> {
  const { kind, from, to, campaign } = filter;
  const span = await spanOf(tx, wallet, filter);
  const end = Math.min(before, span.before ?? Infinity);
  return [
    eq(walletTxns.walletId, wallet.id),
    span.after ? gt(walletTxns.seq, span.after) : undefined,
    Number.isFinite(end) ? lt(walletTxns.seq, end) : undefined,
    from ? sql`${walletTxns.createdAt} >= ${dayStart(from, wallet.tz)}` : undefined,
    to ? sql`${walletTxns.createdAt} < ${dayStart(to, wallet.tz, 1)}` : undefined,
    // Said in the statement itself: the index of all that is no charge is used only where that is certain.
    kind ? sql`${walletTxns.type} = ${sql.raw(`'${kind}'`)}` : undefined,
    campaign ? await ofCampaign(tx, userId, campaign) : undefined,
  ];
}

/** Of a campaign, whose messages are few: looked up by their references. */
async function ofCampaign(tx: Db, userId: Id<"user">, campaignId: Id<"campaign">): Promise<SQL> {
  const rows = await tx
    .select({ ref: sql<string>`'msg:' || ${messages.id}` })
    .from(messages)
    .where(and(eq(messages.campaignId, campaignId), eq(messages.userId, userId)));
  return sql`${walletTxns.type} in ('deduct', 'refund') and ${walletTxns.refId} = any(${sql.param(rows.map(({ ref }) => ref))}::text[])`;
}

/** The campaigns that a filter offers: those begun last, and the one that is chosen. */
export async function offeredCampaigns(
  tx: Db,
  userId: Id<"user">,
  { chosen }: { chosen?: Id<"campaign"> | undefined },
) {
  const read = (which: SQL) =>
    tx
      .select({ id: campaigns.id, name: campaigns.name })
      .from(campaigns)
      .where(and(eq(campaigns.userId, userId), which))
      .orderBy(desc(campaigns.id))
      .limit(OFFERED);
  const last = await read(sql`${campaigns.startedAt} is not null`);
  if (!chosen || last.some(({ id }) => id === chosen)) return last;
  return [...(await read(eq(campaigns.id, chosen))), ...last];
}
