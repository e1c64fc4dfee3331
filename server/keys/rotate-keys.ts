import { and, asc, eq, gt, isNotNull } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { appKeys, waSessions } from "#db/schema/index.ts";
import { type AppKey, rewrap, SealBroken, type SessionKeys, unwrapAppKey, wrapAppKey } from "./seal.ts";

const PAGE = 100;

export interface Rotation {
  /** Data keys that were wrapped anew. */
  rewrapped: number;
  /** Data keys that open with the current SESSION_KEY now. */
  current: number;
  /** Keys that do not open: damaged, or wrapped by a key that was not given. Nothing of them was changed. */
  refused: { name: Id<"waSession"> | AppKey["name"]; keyId: string | null; why: string }[];
}

type Outcome = "rewrapped" | "current" | "gone" | SealBroken;

const stored = {
  sessionId: waSessions.id,
  userId: waSessions.userId,
  wrappedKey: waSessions.wrappedKey,
  keyId: waSessions.keyId,
};

/**
 * Wraps every session's data key, and the product's own keys, with the current SESSION_KEY and opens those that are
 * already. Each key is one statement, which changes nothing if there is another by now; so it may run while workers hold
 * the sessions, be killed, and run again. It ends when a whole pass finds nothing left to do.
 */
export async function rotateKeys(db: Db, keys: SessionKeys): Promise<Rotation> {
  for (let rewrapped = 0; ; ) {
    const pass = await onePass(db, keys);
    rewrapped += pass.rewrapped;
    if (pass.rewrapped === 0) return { ...pass, rewrapped };
  }
}

async function onePass(db: Db, keys: SessionKeys): Promise<Rotation> {
  const pass: Rotation = { rewrapped: 0, current: 0, refused: [] };
  for (let after: Id<"waSession"> | undefined; ; ) {
    const page = await db
      .select(stored)
      .from(waSessions)
      .where(and(isNotNull(waSessions.wrappedKey), after && gt(waSessions.id, after)))
      .orderBy(asc(waSessions.id))
      .limit(PAGE);
    for (const row of page) note(pass, row.sessionId, row.keyId, await rotateOne(db, keys, row));
    after = page.at(-1)?.sessionId;
    if (page.length < PAGE) break;
  }
  for (const row of await db.select().from(appKeys)) note(pass, row.name, row.keyId, await rotateAppKey(db, keys, row));
  return pass;
}

function note(pass: Rotation, name: Rotation["refused"][number]["name"], keyId: string | null, outcome: Outcome): void {
  if (outcome instanceof SealBroken) pass.refused.push({ name, keyId, why: outcome.message });
  else if (outcome !== "gone") pass[outcome] += 1;
}

async function rotateAppKey(db: Db, keys: SessionKeys, stored: AppKey): Promise<Outcome> {
  const key = opened(() => unwrapAppKey(stored, keys));
  if (key instanceof SealBroken) return key;
  if (stored.keyId === keys.current.id) return "current";
  const { wrappedKey, keyId } = wrapAppKey(stored.name, key, keys);
  const changed = await db
    .update(appKeys)
    .set({ wrappedKey, keyId })
    .where(and(eq(appKeys.name, stored.name), eq(appKeys.keyId, stored.keyId)))
    .returning({ name: appKeys.name });
  return changed.length > 0 ? "rewrapped" : "gone";
}

function opened<T>(open: () => T): T | SealBroken {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealBroken) return error;
    throw error;
  }
}

interface Row {
  sessionId: Id<"waSession">;
  userId: Id<"user">;
  wrappedKey: Buffer | null;
  keyId: string | null;
}

async function rotateOne(db: Db, keys: SessionKeys, row: Row): Promise<Outcome> {
  if (!row.wrappedKey) return "gone";
  const read = { wrappedKey: row.wrappedKey, keyId: row.keyId ?? "" };
  const anew = opened(() => rewrap(row, read, keys));
  if (anew instanceof SealBroken) return anew;
  if (read.keyId === keys.current.id) return "current";
  const same = and(eq(waSessions.keyId, read.keyId), eq(waSessions.wrappedKey, read.wrappedKey));
  const ofSession = eq(waSessions.id, row.sessionId);
  const changed = await db.update(waSessions).set(anew).where(and(ofSession, same)).returning({ id: waSessions.id });
  if (changed.length > 0) return "rewrapped";
  const [now] = await db.select(stored).from(waSessions).where(ofSession);
  return now ? rotateOne(db, keys, now) : "gone";
}
