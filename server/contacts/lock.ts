import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";

/**
 * Lets one transaction at a time make, merge or remove contacts of a user. It comes before every row lock, so that two who
 * find the same number unknown do not both add it, nor wait for each other's rows.
 */
export async function lockContacts(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`contacts|${userId}`}, 0))`);
}

/**
 * For whoever writes a number, a LID or a name of people beside `contacts` (opt-outs, identities, uploaded rows, recipients):
 * an erasure waits until they are done, and they until it is. Ask for tombstones afterwards. Any number go on at once.
 */
export async function keepErasuresOut(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(hashtextextended(${`erasure|${userId}`}, 0))`);
}

/** For an erasure: waits for everybody of `keepErasuresOut`, and holds new ones off until the transaction ends. */
export async function lockErasure(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`erasure|${userId}`}, 0))`);
}
