import { and, desc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { type BookedWallet, findWallet, places } from "../history/span.ts";
import { POINTS_PER_MESSAGE } from "../rules.ts";
import { FORECAST_DAYS, forecast, usualSize } from "./rules.ts";

const CHART_DAYS = 30;
/** How many campaigns the usual one is one of. */
const LAST_CAMPAIGNS = 10;

type CampaignStatus = (typeof campaigns.$inferSelect)["status"];

/** What is held and for what, what was used day by day in the user's zone, and what is to be expected. @throws not_found */
export async function readUse(tx: Db, userId: Id<"user">) {
  const wallet = await findWallet(tx, userId);
  if (!wallet) throw new DomainError("not_found");
  const clock = await readClock(tx, wallet);
  const [held, days, sizes] = [
    await readHolds(tx, userId),
    await readDays(tx, wallet, clock.today),
    await readSizes(tx, userId),
  ];
  return {
    held,
    days,
    forecast: forecast({
      ...clock,
      pointsPerMessage: POINTS_PER_MESSAGE,
      usual: usualSize(sizes),
      use: days.slice(-Math.min(FORECAST_DAYS, clock.age)).map(({ charged, refunded }) => charged - refunded),
    }),
  };
}

interface Clock extends Record<string, unknown> {
  balance: number;
  available: number;
  /** Days of the user's zone. */
  today: string;
  planEnds: string | null;
  /** On how many days the wallet has been there, today included. */
  age: number;
}

async function readClock(tx: Db, { id, tz }: BookedWallet): Promise<Clock> {
  const day = (at: ReturnType<typeof sql>) => sql`(${at} at time zone ${tz})::date`;
  const [clock] = await tx.execute<Clock>(sql`
    select balance, balance - held as available, ${day(sql`app_now()`)}::text as today,
           case when plan_expires_at > app_now() then ${day(sql`plan_expires_at`)}::text end as "planEnds",
           greatest(1, ${day(sql`app_now()`)} - ${day(sql`created_at`)} + 1) as age
      from wallets where id = ${id}`);
  if (!clock) throw new DomainError("not_found");
  return clock;
}

/** For which campaigns points are held; `others`: for answers and messages written by hand. */
async function readHolds(tx: Db, userId: Id<"user">) {
  // One statement, so that they add up.
  const rows = await tx.execute<{
    held: number;
    id: Id<"campaign"> | null;
    name: string;
    status: CampaignStatus;
    points: number;
  }>(sql`
    select w.held, c.id, c.name, c.status, c.hold_open as points
      from wallets w left join campaigns c on c.user_id = w.user_id and c.hold_open > 0
     where w.user_id = ${userId} order by c.id desc`);
  const held = rows.flatMap(({ id, name, status, points }) => (id ? [{ id, name, status, points }] : []));
  const others = (rows[0]?.held ?? 0) - held.reduce((sum, { points }) => sum + points, 0);
  return { campaigns: held, others: Math.max(0, others) };
}

/**
 * Each of the last days, the ones without any use too, today last. Nothing is added up but what is no charge: what was charged
 * on a day is by how much the balance is lower after it, and what was added is not. So a day costs the same whatever it used.
 */
async function readDays(tx: Db, { id, tz }: BookedWallet, today: string) {
  const days = sql`
    select d::date, d::date::timestamp at time zone ${tz}
      from generate_series(${today}::text::date - ${CHART_DAYS - 1}::int, ${today}::text::date, interval '1 day') d`;
  return [
    ...(await tx.execute<{ day: string; charged: number; refunded: number }>(sql`
      with recursive ${places(id, days)},
      starts as (
        select p.key as day, p.after, coalesce(t.balance_after, 0) as balance
          from place p left join wallet_txns t on t.wallet_id = ${id} and t.seq = p.after),
      spans as (
        select s.day, s.after, s.balance, lead(s.after, 1, w.version) over (order by s.day) as last,
               lead(s.balance, 1, w.balance) over (order by s.day) as balance_then
          from starts s, wallets w where w.id = ${id}),
      added as materialized (
        select seq, type, points from wallet_txns
         where wallet_id = ${id} and type in ('refund', 'topup', 'allocation', 'grant') and type <> 'deduct'
           and seq > (select min(after) from starts))
      select s.day::text, s.balance - s.balance_then + coalesce(sum(a.points), 0)::int as charged,
             coalesce(sum(a.points) filter (where a.type = 'refund'), 0)::int as refunded
        from spans s left join added a on a.seq > s.after and a.seq <= s.last
       group by s.day, s.balance, s.balance_then order by s.day`)),
  ];
}

async function readSizes(tx: Db, userId: Id<"user">): Promise<number[]> {
  const rows = await tx
    .select({ size: sql<number>`coalesce(${campaigns.recipientsAtStart}, ${campaigns.total})` })
    .from(campaigns)
    .where(and(eq(campaigns.userId, userId), eq(campaigns.audience, "list"), sql`${campaigns.startedAt} is not null`))
    .orderBy(desc(campaigns.id))
    .limit(LAST_CAMPAIGNS);
  return rows.map(({ size }) => size);
}
