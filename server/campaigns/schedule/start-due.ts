import { and, asc, eq, isNotNull, isNull, lte, ne, or, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { type StartEnv, startCampaign } from "../run/start.ts";
import { isMissed, MISSED } from "./rules.ts";
import { appNow } from "./schedule.ts";

const AT_MOST = 200;

/**
 * Starts the campaigns whose time has come, each in a transaction of its own. What cannot start (no points, the phone is
 * away) stays scheduled with the reason and is tried again at a later call; what is an hour late waits for its user. Two
 * that run at once start each campaign once: the second finds it running.
 * @param atMost how many; those that were never tried come first, then those that were tried longest ago, so that however
 * many cannot start, each has its turn
 * @throws AggregateError of what nobody foresaw, after all were tried
 */
export async function startDueCampaigns(db: Db, env: StartEnv, atMost = AT_MOST): Promise<void> {
  const now = await appNow(db);
  const due = await db
    .select({ id: campaigns.id, userId: campaigns.userId, at: campaigns.scheduledFor })
    .from(campaigns)
    .where(and(isDue, lte(campaigns.scheduledFor, sql`app_now()`)))
    .orderBy(sql`${campaigns.scheduleTriedAt} nulls first`, asc(campaigns.scheduledFor))
    .limit(atMost);
  const failures: unknown[] = [];
  for (const { id, userId, at } of due) {
    if (at === null) continue;
    try {
      if (isMissed(at, now)) await keepProblem(db, { id, userId, at }, MISSED);
      else await startDue(db, env, { id, userId, at });
    } catch (error) {
      failures.push(error);
      await keepTried(db, { id, userId, at });
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "scheduled campaigns could not be started");
}

/** SQL: scheduled, and not waiting for its user. */
const isDue = and(
  eq(campaigns.status, "scheduled"),
  isNotNull(campaigns.scheduledFor),
  or(isNull(campaigns.scheduleProblem), ne(campaigns.scheduleProblem, MISSED)),
);

interface Due {
  id: Id<"campaign">;
  userId: Id<"user">;
  at: Date;
}

async function startDue(db: Db, env: StartEnv, due: Due): Promise<void> {
  try {
    await db.transaction((tx) => startCampaign(tx, env, due.userId, { id: due.id, recipients: null, due: due.at }));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    await keepProblem(db, due, error.code);
  }
}

async function keepTried(db: Db, due: Due): Promise<void> {
  await db.update(campaigns).set({ scheduleTriedAt: sql`now()` }).where(stillDue(due));
}

async function keepProblem(db: Db, due: Due, problem: string): Promise<void> {
  await keepTried(db, due);
  await db.transaction(async (tx) => {
    const kept = await tx
      .update(campaigns)
      .set({ scheduleProblem: problem })
      .where(and(stillDue(due), sql`${campaigns.scheduleProblem} is distinct from ${problem}`))
      .returning({ id: campaigns.id });
    if (kept.length === 0) return;
    await recordAudit(tx, due.userId, "campaign.start_refused", { campaignId: due.id, problem });
    await publish(tx, due.userId, "campaign", due.id);
  });
}

/** It may have started, been put off or taken back since it was read. */
const stillDue = ({ id, at }: Due) => and(eq(campaigns.id, id), isDue, eq(campaigns.scheduledFor, at));
