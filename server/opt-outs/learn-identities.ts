import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { suppressions } from "#db/schema/index.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import { publish } from "../events.ts";
import { suppressIdentities } from "./suppress.ts";
import { entomb, type Pads, tombstonedAmong } from "./tombstones.ts";

/** A phone number and the LID WhatsApp knows the same person by, both in canonical form. */
export interface IdentityPair {
  pn: `pn:+${string}`;
  lid: `lid:${string}`;
}

/**
 * Keeps which numbers and LIDs are one person: an opt-out under either holds for both, also one from before this was known.
 * Of somebody who was erased nothing is kept but the tombstone, which then covers both.
 */
export async function learnIdentities(
  db: Db,
  pads: Pads,
  userId: Id<"user">,
  pairs: readonly IdentityPair[],
): Promise<void> {
  const byLid = new Map(pairs.map((pair) => [pair.lid, pair.pn]));
  if (byLid.size === 0) return;
  await db.transaction(async (tx) => {
    await keepErasuresOut(tx, userId);
    const told = [...byLid].map(([lid, pn]) => ({ lid, pn }));
    const erased = await tombstonedAmong(
      tx,
      pads,
      userId,
      told.flatMap(({ lid, pn }) => [lid, pn]),
    );
    const known = told.filter(({ lid, pn }) => !erased.has(lid) && !erased.has(pn));
    const gone = told.filter(({ lid, pn }) => erased.has(lid) || erased.has(pn));
    await store(tx, userId, known);
    await holdForBoth(tx, userId, known);
    if (gone.length > 0) await coverBoth(tx, pads, userId, gone);
  });
}

async function store(tx: Db, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<void> {
  if (pairs.length === 0) return;
  await tx.execute(sql`
    insert into identity_pairs (user_id, pn, lid)
    select ${userId}, pn, lid from jsonb_to_recordset(${JSON.stringify(pairs)}::text::jsonb) as pair(pn text, lid text)
     order by lid
    on conflict (user_id, lid) do update set pn = excluded.pn where identity_pairs.pn <> excluded.pn`);
}

/** Suppresses the other side of pairs of which one side is. */
async function holdForBoth(tx: Db, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<void> {
  if (pairs.length === 0) return;
  const halves = await tx.execute<{ identity: string; source: (typeof suppressions.$inferSelect)["source"] }>(sql`
    select s.identity, s.source
      from jsonb_to_recordset(${JSON.stringify(pairs)}::text::jsonb) as pair(pn text, lid text)
      join suppressions s on s.user_id = ${userId} and s.identity in (pair.pn, pair.lid)
     where not exists (select 1 from suppressions o
                        where o.user_id = ${userId} and o.identity = case s.identity when pair.pn then pair.lid else pair.pn end)
     order by s.identity`);
  for (const { identity, source } of halves) await suppressIdentities(tx, userId, [identity], source);
  if (halves.length > 0) await publish(tx, userId, "contacts", userId);
}

/** An erased person turns out to go by another identity too. A contact who goes by it is suppressed where campaigns look. */
async function coverBoth(tx: Db, pads: Pads, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<void> {
  await entomb(
    tx,
    pads,
    userId,
    pairs.flatMap(({ lid, pn }) => [lid, pn]),
  );
  const contacts = await tx.execute<{ identity: string }>(sql`
    select 'pn:' || c.phone_e164 as identity from contacts c
     where c.user_id = ${userId} and c.phone_e164 in (
       select substr(pair.pn, 4) from jsonb_to_recordset(${JSON.stringify(pairs)}::text::jsonb) as pair(pn text, lid text))`);
  await suppressIdentities(
    tx,
    userId,
    contacts.map(({ identity }) => identity),
    "keyword",
  );
}
