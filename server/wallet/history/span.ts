import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { HistoryFilter } from "./schema.ts";

/** A wallet as its bookings are read: its zone is its user's. */
export interface BookedWallet extends Record<string, unknown> {
  id: Id<"wallet">;
  tz: string;
}

/** Numbers of bookings, neither included. */
export interface Span {
  after: number;
  before: number;
}

/** Null for somebody who has none. */
export async function findWallet(tx: Db, userId: Id<"user">): Promise<BookedWallet | null> {
  const [wallet] = await tx.execute<BookedWallet>(
    sql`select w.id, u.tz from wallets w join users u on u.id = w.user_id where w.user_id = ${userId}`,
  );
  return wallet ?? null;
}

/** The instant at which a day of that zone begins, `later` days after it. */
export const dayStart = (day: string, tz: string, later = 0) =>
  sql`((${day}::text::date + ${later}::int)::timestamp at time zone ${tz})`;

/**
 * A transaction's time is that of its beginning, its place in the ledger that of its turn: of two that met, the later place
 * may have the earlier time. None lasts so long.
 */
const LONGEST_TRANSACTION = sql`interval '1 hour'`;

/**
 * Between which bookings all those of these days are, and hardly any others. Numbers have no gaps and hardly ever go back in
 * time, so a place is found by halving: that needs no index that every charge would have to feed.
 */
export async function spanOf(tx: Db, wallet: BookedWallet, { from, to }: HistoryFilter): Promise<Partial<Span>> {
  const { id, tz } = wallet;
  const after = from && (await placeOf(tx, id, sql`${dayStart(from, tz)} - ${LONGEST_TRANSACTION}`));
  const before = to && (await placeOf(tx, id, sql`${dayStart(to, tz, 1)} + ${LONGEST_TRANSACTION}`));
  return { ...(after && { after: after.after }), ...(before && { before: before.before }) };
}

/** Two neighbours, of which the first is before that time (or the ledger's beginning) and the second not (or its end). */
async function placeOf(tx: Db, walletId: Id<"wallet">, time: SQL): Promise<Span | null> {
  const [place] = await tx.execute<Span & Record<string, unknown>>(
    sql`with recursive ${places(walletId, sql`select 1, ${time}`)} select after, before from place`,
  );
  return place ?? null;
}

/**
 * Such neighbours for each of several times, as tables of a recursive statement: `place (key, after, before)`. The middle is
 * reckoned a step before it is looked for: row-level security lets an index look for a plain value alone.
 * @param times a query of keys with their times
 */
export const places = (walletId: Id<"wallet">, times: SQL) => sql`
  halved (key, at, after, middle, before) as (
    select n.key, n.at, 0, (w.version + 1) / 2, w.version + 1 from wallets w, (${times}) n (key, at) where w.id = ${walletId}
    union all
    select p.key, p.at, n.after, (n.after + n.before) / 2, n.before
      from halved p
      join wallet_txns t on t.wallet_id = ${walletId} and t.seq = p.middle,
           lateral (select case when t.created_at < p.at then t.seq else p.after end as after,
                           case when t.created_at < p.at then p.before else t.seq end as before) n
     where p.before - p.after > 1),
  place as (select key, after, before from halved where before - after <= 1)`;
