import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages, wallets, walletTxns } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { POINTS_PER_MESSAGE, plans } from "./rules.ts";

const PAGE = 50;

/** Points and plan. `available` = balance - held: what a new campaign can use. */
export async function getWallet(tx: Db, userId: Id<"user">) {
  const [wallet] = await tx
    .select({
      balance: wallets.balance,
      held: wallets.held,
      type: wallets.planType,
      startedAt: wallets.planStartedAt,
      expiresAt: wallets.planExpiresAt,
      active: sql<boolean>`${wallets.planExpiresAt} > app_now()`,
    })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  if (!wallet) throw new DomainError("not_found");
  const { balance, held, type, startedAt, expiresAt, active } = wallet;
  return {
    balance,
    held,
    available: balance - held,
    plan: { type, label: plans[type].label, startedAt, expiresAt, active },
    pointsPerMessage: POINTS_PER_MESSAGE,
  };
}

/** The ledger, newest first, with the campaign a charge belongs to. */
export async function listTxns(tx: Db, userId: Id<"user">, input: { cursor?: string | undefined }) {
  const rows = await tx
    .select({
      id: walletTxns.id,
      seq: walletTxns.seq,
      type: walletTxns.type,
      points: walletTxns.points,
      balanceAfter: walletTxns.balanceAfter,
      refId: walletTxns.refId,
      createdAt: walletTxns.createdAt,
      campaignId: campaigns.id,
      campaignName: campaigns.name,
      recipient: messages.recipientName,
    })
    .from(walletTxns)
    .leftJoin(messages, sql`${walletTxns.refId} = 'msg:' || ${messages.id}`)
    .leftJoin(campaigns, eq(campaigns.id, messages.campaignId))
    .where(and(eq(walletTxns.userId, userId), input.cursor ? lt(walletTxns.seq, Number(input.cursor)) : undefined))
    .orderBy(desc(walletTxns.seq))
    .limit(PAGE + 1);
  const page = rows.slice(0, PAGE);
  return {
    rows: page.map(({ campaignId, campaignName, ...row }) => ({
      ...row,
      campaign: campaignId && campaignName ? { id: campaignId, name: campaignName } : null,
    })),
    nextCursor: rows.length > PAGE ? String(page.at(-1)?.seq ?? "") : null,
  };
}
