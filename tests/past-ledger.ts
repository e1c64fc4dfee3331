import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import type { TxnKind } from "#server/wallet/history/rules.ts";

export interface PastBooking {
  type: TxnKind;
  /** Signed. */
  points: number;
  at: Date;
  /** Another one each, when left out. */
  refId?: string;
}

/** Adds bookings of the past to a ledger, in this order, as `book_points` would have left them then. */
export async function bookPast(db: Db, userId: Id<"user">, bookings: readonly PastBooking[]): Promise<void> {
  const rows = bookings.map(({ at, refId, ...row }, n) => {
    const id = newId("walletTxn");
    return { ...row, n: n + 1, id, ref: refId ?? id, at: at.toISOString() };
  });
  await db.execute(sql`
    with wallet as (select id, balance, version from wallets where user_id = ${userId}),
    told as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as t(n int, id text, type text, points int, ref text, at timestamptz)),
    added as (
      insert into wallet_txns (id, wallet_id, user_id, type, points, ref_id, seq, balance_after, created_at)
      select t.id, w.id, ${userId}, t.type, t.points, t.ref, w.version + t.n, w.balance + sum(t.points) over (order by t.n), t.at
        from told t, wallet w)
    update wallets set balance = balance + (select sum(points) from told), version = version + (select count(*) from told)
     where user_id = ${userId}`);
}
