import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { appKeys } from "#db/schema/index.ts";
import { type AppKey, type SessionKeys, unwrapAppKey, wrapAppKey } from "./seal.ts";

/**
 * A key of the product itself, 32 bytes; it is made when it is first asked for.
 * @param db the system path: a user's bound transaction may not read it
 * @throws SealBroken if SESSION_KEY is another than the one that wrapped it
 */
export async function readAppKey(db: Db, keys: SessionKeys, name: AppKey["name"]): Promise<Buffer> {
  return unwrapAppKey((await readRow(db, name)) ?? (await makeRow(db, keys, name)), keys);
}

async function readRow(db: Db, name: AppKey["name"]): Promise<AppKey | undefined> {
  const [stored] = await db.select().from(appKeys).where(eq(appKeys.name, name));
  return stored;
}

async function makeRow(db: Db, keys: SessionKeys, name: AppKey["name"]): Promise<AppKey> {
  await db
    .insert(appKeys)
    .values(wrapAppKey(name, randomBytes(32), keys))
    .onConflictDoNothing();
  // Of two that made one at the same moment, the first counts.
  const stored = await readRow(db, name);
  if (!stored) throw new Error(`the key of ${name} was not kept`);
  return stored;
}
