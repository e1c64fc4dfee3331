import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { publish } from "../events.ts";

interface Booking {
  type: "allocation" | "topup" | "grant";
  /** Signed: what the balance changes by. */
  points: number;
  /** The period, purchase or grant it comes from: the same is booked once. Messages are charged and refunded by `move_message`. */
  refId: string;
}

/**
 * Changes the balance and appends the ledger row that says why, in the caller's transaction.
 * @throws a constraint violation when the balance would fall below zero or the reference is already booked
 */
export async function book(tx: Db, userId: Id<"user">, { type, points, refId }: Booking): Promise<void> {
  await tx.execute(sql`select book_points(${newId("walletTxn")}, ${userId}, ${type}, ${points}, 0, ${refId})`);
}

/** Holds points for a campaign's rows; false when fewer are available. Two starts cannot both pass. */
export async function reserve(tx: Db, userId: Id<"user">, points: number): Promise<boolean> {
  const [held] = await tx.execute<{ ok: boolean }>(sql`select reserve_points(${userId}, ${points}) as ok`);
  const ok = held?.ok ?? false;
  if (ok) await publish(tx, userId, "wallet", userId);
  return ok;
}

/** Gives back held points that will not be spent. */
export async function release(tx: Db, userId: Id<"user">, points: number): Promise<void> {
  await tx.execute(sql`select release_points(${userId}, ${points})`);
}
