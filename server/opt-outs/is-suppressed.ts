import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { textArray } from "./known-identities.ts";

/** SQL: whether the person behind an identity ("pn:+62…", "lid:…") asked not to be messaged, under any identity known of them. */
export function isSuppressed(userId: SQL, identity: SQL): SQL<boolean> {
  return sql<boolean>`is_suppressed(${userId}, ${identity})`;
}

/** SQL: the same of a person who goes by several identities (`text[]`, nulls are none), and by whatever those are known to be. */
export function isSuppressedAs(userId: SQL, identities: SQL): SQL<boolean> {
  return sql<boolean>`exists (
    select 1 from suppressions s where s.user_id = ${userId} and s.identity = any(known_identities(${userId}, ${identities})))`;
}

/**
 * SQL: the phone numbers ("pn:+62…") of everybody who asked not to be messaged, under any identity known of them: the same
 * answer as `isSuppressed`, for a query over a whole list. `x in (…)` of it is hashed once; a call for each of 100,000 rows
 * takes ten seconds.
 */
export function suppressedNumbers(userId: Id<"user">): SQL {
  return sql`(
    select s.identity from suppressions s where s.user_id = ${userId}
    union all
    select p.pn from identity_pairs p join suppressions s on s.user_id = p.user_id and s.identity = p.lid
     where p.user_id = ${userId})`;
}

/** Whether any of these people asked not to be messaged, under any identity known of them. */
export async function anySuppressed(db: Db, userId: Id<"user">, identities: readonly string[]): Promise<boolean> {
  const [row] = await db.execute<{ suppressed: boolean }>(
    sql`select ${isSuppressedAs(sql`${userId}`, textArray(identities))} as suppressed`,
  );
  return row?.suppressed ?? false;
}
