import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";

/**
 * Runs `fn` in one transaction bound to a user by row-level security: whatever it forgets to scope, it cannot see or
 * change another user's rows. The role and the setting end with the transaction.
 */
export function withUser<T>(db: Db, userId: Id<"user">, fn: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(
      sql`select set_config('app.user_id', ${userId}, true), set_config('role', 'masssender_web', true)`,
    );
    return fn(tx);
  });
}
