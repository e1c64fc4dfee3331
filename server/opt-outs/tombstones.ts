import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { readAppKey } from "../keys/app-keys.ts";
import type { SessionKeys } from "../keys/seal.ts";

const BLOCK = 64;

/** The key of the tombstones, in the two forms that an HMAC needs of it (RFC 2104). Never stored, logged or sent. */
export interface Pads {
  inner: Buffer;
  outer: Buffer;
}

/**
 * The pads of the key that names people who were erased; the key is made when it is first asked for.
 * @param db the system path: a user's bound transaction may not read it
 * @throws SealBroken if SESSION_KEY is another than the one that wrapped it
 */
export async function tombstonePads(db: Db, keys: SessionKeys): Promise<Pads> {
  const key = await readAppKey(db, keys, "tombstones");
  const pad = (byte: number) => Buffer.alloc(BLOCK, byte).map((at, i) => at ^ (key[i] ?? 0));
  return { inner: Buffer.from(pad(0x36)), outer: Buffer.from(pad(0x5c)) };
}

/** SQL: HMAC-SHA256 over "user|identity", as bytes. */
export const hashOf = ({ inner, outer }: Pads, userId: SQL, identity: SQL): SQL =>
  sql`sha256(${outer}::bytea || sha256(${inner}::bytea || convert_to(${userId} || '|' || ${identity}, 'UTF8')))`;

/**
 * SQL: whether an identity ("pn:+62…", "lid:…") is one of somebody who was erased. Costs nothing while nobody was, and
 * about 1 µs a row else: made for whole lists too.
 */
export function tombstonedSql(pads: Pads, userId: Id<"user">, identity: SQL): SQL<boolean> {
  return sql<boolean>`(${hashOf(pads, sql`${userId}::text`, identity)} in (
    select t.hash from tombstones t where t.user_id = ${userId}))`;
}

/** Whether any of these identities is one of somebody who was erased. */
export async function isTombstoned(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  identities: readonly string[],
): Promise<boolean> {
  return (await tombstonedAmong(tx, pads, userId, identities)).size > 0;
}

/** Those of these identities that are of people who were erased. */
export async function tombstonedAmong(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  identities: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.execute<{ identity: string }>(sql`
    select i.identity from ${given(identities)} where ${tombstonedSql(pads, userId, sql`i.identity`)}`);
  return new Set(rows.map(({ identity }) => identity));
}

/** Keeps people suppressed whose identities are about to be forgotten. Twice is the same as once. */
export async function entomb(tx: Db, pads: Pads, userId: Id<"user">, identities: readonly string[]): Promise<void> {
  await tx.execute(sql`
    insert into tombstones (user_id, hash)
    select ${userId}, ${hashOf(pads, sql`${userId}::text`, sql`i.identity`)} from ${given(identities)}
    on conflict do nothing`);
}

/**
 * START of somebody who was erased: they may be met again.
 * @param tx the system path: nobody lifts an opt-out by hand
 * @returns whether there was anything to lift
 */
export async function liftTombstones(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  identities: readonly string[],
): Promise<boolean> {
  const lifted = await tx.execute(sql`
    delete from tombstones t where t.user_id = ${userId} and t.hash in (
      select ${hashOf(pads, sql`${userId}::text`, sql`i.identity`)} from ${given(identities)}) returning 1`);
  return lifted.length > 0;
}

const given = (identities: readonly string[]) =>
  sql`jsonb_array_elements_text(${JSON.stringify(identities)}::text::jsonb) as i(identity)`;
