import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { suppressions } from "#db/schema/index.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import { publish } from "../events.ts";
import { forgetConversations, joinPeople } from "../inbox/join.ts";
import { forgetWritten } from "./forget-written.ts";
import { lockPairs } from "./known-identities.ts";
import { suppressEach } from "./suppress.ts";
import { entomb, type Pads, tombstonedAmong } from "./tombstones.ts";

/** A phone number and the LID WhatsApp knows the same person by, both in canonical form. */
export interface IdentityPair {
  pn: `pn:+${string}`;
  lid: `lid:${string}`;
}

/**
 * Keeps which numbers and LIDs are one person: an opt-out under either holds for both, also one from before this was known.
 * Of somebody who was erased nothing is kept but the tombstone, which then covers both, and what was written under the other
 * is forgotten.
 * @param db not a transaction: what is forgotten is locked when this has let go of the wallet
 */
export async function learnIdentities(
  db: Db,
  pads: Pads,
  userId: Id<"user">,
  pairs: readonly IdentityPair[],
): Promise<void> {
  const byLid = new Map(pairs.map((pair) => [pair.lid, pair.pn]));
  const told = [...byLid].map(([lid, pn]) => ({ lid, pn }));
  // WhatsApp tells most of them again and again; for those nobody has to wait.
  if (!(await tellsNew(db, userId, told))) return;
  const forgotten = await db.transaction(async (tx) => {
    await keepErasuresOut(tx, userId);
    await lockPairs(tx, userId);
    const erased = await tombstonedAmong(tx, pads, userId, identitiesOf(told));
    const known = told.filter(({ lid, pn }) => !erased.has(lid) && !erased.has(pn));
    const gone = told.filter(({ lid, pn }) => erased.has(lid) || erased.has(pn));
    await store(tx, userId, known);
    await joinPeople(tx, userId, identitiesOf(known));
    await forgetConversations(tx, userId, identitiesOf(gone));
    const halves = await suppressedHalves(tx, userId, known);
    const erasedContacts = gone.length > 0 ? await coverBoth(tx, pads, userId, gone) : [];
    await suppressEach(tx, userId, [...halves, ...erasedContacts]);
    if (halves.length > 0) await publish(tx, userId, "contacts", userId);
    // Who is a contact all the same keeps what was written, and is erased as one.
    const kept = new Set(erasedContacts.map(({ identity }) => identity));
    return identitiesOf(gone).filter((identity) => !kept.has(identity));
  });
  if (forgotten.length > 0) await db.transaction((tx) => forgetWritten(tx, pads, userId, forgotten));
}

async function tellsNew(db: Db, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<boolean> {
  if (pairs.length === 0) return false;
  const fresh = await db.execute(sql`
    select 1 from ${recordset(pairs)}
     where not exists (select 1 from identity_pairs p where p.user_id = ${userId} and p.lid = pair.lid and p.pn = pair.pn)
     limit 1`);
  return fresh.length > 0;
}

const identitiesOf = (pairs: readonly IdentityPair[]) => pairs.flatMap(({ lid, pn }) => [lid, pn]);

const recordset = (pairs: readonly IdentityPair[]): SQL =>
  sql`jsonb_to_recordset(${JSON.stringify(pairs)}::text::jsonb) as pair(pn text, lid text)`;

async function store(tx: Db, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<void> {
  if (pairs.length === 0) return;
  await tx.execute(sql`
    insert into identity_pairs (user_id, pn, lid)
    select ${userId}, pn, lid from ${recordset(pairs)}
     order by lid
    on conflict (user_id, lid) do update set pn = excluded.pn where identity_pairs.pn <> excluded.pn`);
}

interface OptedOut {
  identity: string;
  source: (typeof suppressions.$inferSelect)["source"];
}

/** The sides that are suppressed, of pairs of which the other is not. */
async function suppressedHalves(tx: Db, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<OptedOut[]> {
  if (pairs.length === 0) return [];
  return tx.execute<{ identity: string; source: OptedOut["source"] }>(sql`
    select s.identity, s.source
      from ${recordset(pairs)}
      join suppressions s on s.user_id = ${userId} and s.identity in (pair.pn, pair.lid)
     where not exists (select 1 from suppressions o
                        where o.user_id = ${userId} and o.identity = case s.identity when pair.pn then pair.lid else pair.pn end)
     order by s.identity`);
}

/**
 * An erased person turns out to go by another identity too.
 * @returns the contacts who go by it: they are to be suppressed where campaigns look
 */
async function coverBoth(tx: Db, pads: Pads, userId: Id<"user">, pairs: readonly IdentityPair[]): Promise<OptedOut[]> {
  await entomb(tx, pads, userId, identitiesOf(pairs));
  const contacts = await tx.execute<{ identity: string }>(sql`
    select 'pn:' || c.phone_e164 as identity from contacts c
     where c.user_id = ${userId} and c.phone_e164 in (select substr(pair.pn, 4) from ${recordset(pairs)})`);
  return contacts.map(({ identity }) => ({ identity, source: "keyword" }));
}
