import { type SQL, sql } from "drizzle-orm";

/**
 * SQL: whether the person behind `identity` ("pn:+62…" or "lid:…", an expression) asked not to be messaged, under any
 * identity known of them. Each part finds its row by an index, so that it can stand in a query over a whole list.
 */
export function isSuppressed(userId: SQL, identity: SQL): SQL<boolean> {
  return sql<boolean>`(
    exists (select 1 from suppressions s where s.user_id = ${userId} and s.identity = ${identity})
    or exists (select 1 from identity_pairs p join suppressions s on s.user_id = p.user_id and s.identity = p.lid
                where p.user_id = ${userId} and p.pn = ${identity})
    or exists (select 1 from identity_pairs p join suppressions s on s.user_id = p.user_id and s.identity = p.pn
                where p.user_id = ${userId} and p.lid = ${identity}))`;
}
