import { type SQL, sql } from "drizzle-orm";

/** SQL: whether the person behind an identity ("pn:+62…", "lid:…") asked not to be messaged, under any identity known of them. */
export function isSuppressed(userId: SQL, identity: SQL): SQL<boolean> {
  return sql<boolean>`is_suppressed(${userId}, ${identity})`;
}
