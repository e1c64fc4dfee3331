import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";

/** SQL parameter: a text array, whatever its length. */
export const textArray = (texts: readonly string[]) =>
  sql`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::text::jsonb))`;

/** Every identity ("pn:+62…", "lid:…") known of the people behind these, themselves included, in order. */
export async function knownIdentities(tx: Db, userId: Id<"user">, identities: readonly string[]): Promise<string[]> {
  const [row] = await tx.execute<{ known: string[] }>(
    sql`select known_identities(${userId}, ${textArray(identities)}) as known`,
  );
  return row?.known ?? [];
}

/**
 * For whoever makes or lifts an opt-out, or a conversation: nobody learns until the transaction ends that two identities are
 * one person, so an opt-out under one of them sees the pair, or is seen by who learns it. It comes after the locks of contacts and erasures,
 * and before every row lock. Any number go on at once.
 */
export async function keepPairs(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(hashtextextended(${`pairs|${userId}`}, 0))`);
}

/** For whoever makes two identities one person: waits for everybody of `keepPairs`, and holds new ones off until the end. */
export async function lockPairs(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`pairs|${userId}`}, 0))`);
}
