import { desc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { invoiceNumbers, invoices } from "#db/schema/index.ts";

/** "2026-000001": a series for each year. */
export const numberOf = (series: string, seq: number): string => `${series}-${String(seq).padStart(6, "0")}`;

/**
 * Takes the next number of the year of `app_now()` in `tz`. Its row stays locked until the caller's transaction ends, so
 * that one undone leaves no gap, and payments wait for each other from here on: call it last. Dates never run backwards
 * in a series: a transaction that began earlier may come later to its number.
 */
export async function takeNumber(tx: Db, tz: string): Promise<{ series: string; seq: number; issuedAt: Date }> {
  const [clock] = await tx.execute<{ year: string; now: string }>(
    sql`select to_char(app_now() at time zone ${tz}, 'YYYY') as year, app_now() as now`,
  );
  if (!clock) throw new Error("the clock did not answer");
  const [taken] = await tx
    .insert(invoiceNumbers)
    .values({ series: clock.year, last: 1 })
    .onConflictDoUpdate({ target: invoiceNumbers.series, set: { last: sql`${invoiceNumbers.last} + 1` } })
    .returning({ seq: invoiceNumbers.last });
  if (!taken) throw new Error("no number was taken");
  const [before] = await tx
    .select({ issuedAt: invoices.issuedAt })
    .from(invoices)
    .where(eq(invoices.series, clock.year))
    .orderBy(desc(invoices.seq))
    .limit(1);
  const now = new Date(clock.now);
  const issuedAt = before && before.issuedAt > now ? before.issuedAt : now;
  return { series: clock.year, seq: taken.seq, issuedAt };
}
