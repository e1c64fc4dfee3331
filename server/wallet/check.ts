import { desc, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { ledgerChecks } from "#db/schema/index.ts";

/** One look at the whole ledger. `found` is empty, or names each invariant that is broken, with some of the rows. */
export type LedgerCheck = typeof ledgerChecks.$inferSelect;

/** Rows named of each broken invariant: enough to begin to look. */
const NAMED = 20;
const KEPT_DAYS = 90;

const finding = z.object({ name: z.string(), count: z.number(), subjects: z.array(z.string()) });

/**
 * Looks whether every point is accounted for, and everything sold is booked and has its receipt: one statement, so that what
 * happens meanwhile is seen whole or not at all. What it found is kept for 90 days.
 * @param db the system path
 */
export async function checkLedger(db: Db): Promise<LedgerCheck> {
  const started = performance.now();
  const rows = await db.transaction(async (tx) => {
    // Of a million bookings most of the time goes into matching them with their messages, which fits into so much.
    await tx.execute(sql`select set_config('work_mem', '64MB', true)`);
    return tx.execute(sql`
      select name, count(*)::int as count, (array_agg(subject order by subject))[1:${sql.raw(String(NAMED))}] as subjects
        from violations group by name order by name`);
  });
  const found = rows.map((row) => finding.parse(row));
  const violations = found.reduce((sum, { count }) => sum + count, 0);
  const tookMs = Math.round(performance.now() - started);
  const [kept] = await db.insert(ledgerChecks).values({ tookMs, violations, found }).returning();
  await db.delete(ledgerChecks).where(sql`${ledgerChecks.ranAt} < now() - make_interval(days => ${KEPT_DAYS})`);
  if (!kept) throw new Error("the check was not kept");
  return kept;
}

/** The last look; null before the first, within an hour of the first start. @param db the system path */
export async function lastLedgerCheck(db: Db): Promise<LedgerCheck | null> {
  const [last] = await db.select().from(ledgerChecks).orderBy(desc(ledgerChecks.ranAt)).limit(1);
  return last ?? null;
}
