import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { publish } from "../events.ts";

interface Booking {
  type: "allocation" | "topup" | "deduct" | "refund";
  /** Signed: what the balance changes by. */
  points: number;
  /** Names the cause; the same cause is booked once: `msg:…`, `per:…`. */
  refId: string;
}

/**
 * Changes the balance and appends the ledger row that says why, in the caller's transaction.
 * @throws a constraint violation when the balance would fall below zero or the reference is already booked
 */
export async function book(tx: Db, userId: Id<"user">, { type, points, refId }: Booking): Promise<void> {
  await tx.execute(sql`select book_points(${newId("walletTxn")}, ${userId}, ${type}, ${points}, 0, ${refId})`);
}

/** Holds points for a campaign's rows. One guarded statement, so that two starts cannot both pass. */
export async function reserve(tx: Db, userId: Id<"user">, points: number): Promise<boolean> {
  const rows = await tx
    .update(wallets)
    .set({ held: sql`${wallets.held} + ${points}` })
    .where(sql`${wallets.userId} = ${userId} and ${wallets.balance} - ${wallets.held} >= ${points}`)
    .returning({ id: wallets.id });
  if (rows.length > 0) await publish(tx, userId, "wallet", userId);
  return rows.length > 0;
}

/** Gives back held points that will not be spent. */
export async function release(tx: Db, userId: Id<"user">, points: number): Promise<void> {
  if (points === 0) return;
  await tx
    .update(wallets)
    .set({ held: sql`${wallets.held} - ${points}` })
    .where(eq(wallets.userId, userId));
}
