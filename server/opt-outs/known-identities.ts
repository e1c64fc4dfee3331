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
