import { type SQL, sql } from "drizzle-orm";

/**
 * SQL: whether the person behind `identity` ("pn:+62…" or "lid:…", an expression) asked not to be messaged, under any
 * identity known of them.
 */
export function isSuppressed(userId: SQL, identity: SQL): SQL<boolean> {
  return sql<boolean>`exists (
    select 1 from suppressions s where s.user_id = ${userId} and (
      s.identity = ${identity}
      or s.identity in (select p.lid from identity_pairs p where p.user_id = ${userId} and p.pn = ${identity})
      or s.identity in (select p.pn from identity_pairs p where p.user_id = ${userId} and p.lid = ${identity})))`;
}
