import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";

/** A phone number and the LID WhatsApp knows the same person by, both in canonical form. */
export interface IdentityPair {
  pn: `pn:+${string}`;
  lid: `lid:${string}`;
}

/** Keeps which numbers and LIDs are one person: an opt-out under either holds for both. */
export async function learnIdentities(db: Db, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<void> {
  const byLid = new Map(pairs.map((pair) => [pair.lid, pair.pn]));
  if (byLid.size === 0) return;
  const rows = JSON.stringify([...byLid].map(([lid, pn]) => ({ lid, pn })));
  await db.execute(sql`
    insert into identity_pairs (user_id, pn, lid)
    select ${userId}, pn, lid from jsonb_to_recordset(${rows}::jsonb) as pair(pn text, lid text)
    on conflict (user_id, lid) do update set pn = excluded.pn where identity_pairs.pn <> excluded.pn`);
}
