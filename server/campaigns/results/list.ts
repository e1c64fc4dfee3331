import { and, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns } from "#db/schema/index.ts";
import type { CampaignStatus } from "../rules.ts";
import { countReplied } from "./answers.ts";
import { countRows, countsOf } from "./queries.ts";
import { campaignStatuses, type ListCampaignsInput } from "./schema.ts";

const LIST_PAGE = 25;

/**
 * A page of the user's campaigns, newest first, with how far each came, and how many there are in each state. Messages are
 * counted for the campaigns of the page alone.
 */
export async function listCampaigns(tx: Db, userId: Id<"user">, { cursor, search, status }: ListCampaignsInput) {
  const named = search ? sql`position(search_fold(${search}) in search_fold(${campaigns.name})) > 0` : undefined;
  const found = await tx
    .select({
      id: campaigns.id,
      name: campaigns.name,
      purpose: campaigns.purpose,
      audience: campaigns.audience,
      status: campaigns.status,
      pauseReason: campaigns.pauseReason,
      total: campaigns.total,
      scheduledFor: campaigns.scheduledFor,
      scheduleTz: campaigns.scheduleTz,
      scheduleProblem: campaigns.scheduleProblem,
      createdAt: campaigns.createdAt,
      startedAt: campaigns.startedAt,
      finishedAt: campaigns.finishedAt,
    })
    .from(campaigns)
    .where(
      and(
        eq(campaigns.userId, userId),
        named,
        status ? eq(campaigns.status, status) : undefined,
        cursor ? lt(campaigns.id, cursor as Id<"campaign">) : undefined,
      ),
    )
    .orderBy(desc(campaigns.id))
    .limit(LIST_PAGE + 1);
  const page = found.slice(0, LIST_PAGE);
  const ids = page.map(({ id }) => id);
  const [counts, replied] = [await countRows(tx, ids), await countReplied(tx, userId, ids)];
  return {
    rows: page.map((row) => ({ ...row, counts: countsOf(counts, row.id), replied: replied.get(row.id) ?? 0 })),
    nextCursor: found.length > LIST_PAGE ? (page.at(-1)?.id ?? null) : null,
    /** How many of the searched name there are in each state. */
    states: await countStates(tx, userId, named),
  };
}

async function countStates(
  tx: Db,
  userId: Id<"user">,
  named: SQL | undefined,
): Promise<Record<CampaignStatus, number>> {
  const rows = await tx
    .select({ status: campaigns.status, n: sql<number>`count(*)::int` })
    .from(campaigns)
    .where(and(eq(campaigns.userId, userId), named))
    .groupBy(campaigns.status);
  const byStatus = new Map(rows.map(({ status, n }) => [status, n]));
  return Object.fromEntries(campaignStatuses.map((status) => [status, byStatus.get(status) ?? 0])) as Record<
    CampaignStatus,
    number
  >;
}
