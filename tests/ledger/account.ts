import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { readWallet } from "#tests/factories.ts";
import type { Tenant } from "./world.ts";

/** A user's wallet beside what became of their messages. */
export interface Account {
  balance: number;
  held: number;
  /** Points for what got through and was not given away. */
  charged: number;
  /** Points for what waits in the queue, and for all that is not answered for. */
  queued: number;
  open: number;
  /** Messages with more than one charge. */
  twice: number;
}

export async function readAccount(db: Db, { userId }: Tenant): Promise<Account> {
  const [row] = await db.execute<{ charged: number; queued: number; open: number; twice: number }>(sql`
    select coalesce(sum(2) filter (where status in ('sent', 'delivered', 'read') and not uncharged), 0)::int as charged,
           coalesce(sum(price_points) filter (where status = 'queued'), 0)::int as queued,
           coalesce(sum(price_points) filter (where status in ('queued', 'sending', 'unknown')), 0)::int as open,
           (select count(*) from (select ref_id from wallet_txns t where t.user_id = ${userId} and type = 'deduct'
                                   group by ref_id having count(*) > 1) more)::int as twice
      from messages where user_id = ${userId}`);
  if (!row) throw new Error("nothing was counted");
  return { ...row, ...(await readWallet(db, userId)) };
}

/** What does not add up: a user has what they were given, less two points for each message that got through. */
export function problemsOf({ balance, held, charged, open, twice }: Account, { given }: Tenant): string[] {
  return [
    ...(balance === given - charged ? [] : [`a balance of ${balance}, not ${given} - ${charged}`]),
    ...(held === open ? [] : [`${held} held, not ${open}`]),
    ...(twice === 0 ? [] : [`${twice} charged twice`]),
  ];
}
