import { and, asc, eq, gt, isNotNull } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import { rewrap, SealBroken, type SessionKeys } from "./seal.ts";

const PAGE = 100;

export interface Rotation {
  /** Data keys that were wrapped anew. */
  rewrapped: number;
  /** Data keys that open with the current SESSION_KEY now. */
  current: number;
  /** Sessions whose data key does not open: damaged, or wrapped by a key that was not given. Nothing of them was changed. */
  refused: { sessionId: Id<"waSession">; keyId: string | null; why: string }[];
}

type Outcome = "rewrapped" | "current" | "gone" | SealBroken;

const stored = {
  sessionId: waSessions.id,
  userId: waSessions.userId,
  wrappedKey: waSessions.wrappedKey,
  keyId: waSessions.keyId,
};

/**
 * Wraps every session's data key with the current SESSION_KEY and opens those that are already. Each session is one
 * statement, which changes nothing if the session got another key meanwhile; so it may run while workers hold the
 * sessions, be killed, and run again. It ends when a whole pass finds nothing left to do.
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
    for (const row of page) {
      const outcome = await rotateOne(db, keys, row);
      if (outcome instanceof SealBroken) {
        pass.refused.push({ sessionId: row.sessionId, keyId: row.keyId, why: outcome.message });
      } else if (outcome !== "gone") pass[outcome] += 1;
    }
    after = page.at(-1)?.sessionId;
    if (page.length < PAGE) return pass;
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
  let anew: ReturnType<typeof rewrap>;
  try {
    anew = rewrap(row, read, keys);
  } catch (error) {
    if (error instanceof SealBroken) return error;
    throw error;
  }
  if (read.keyId === keys.current.id) return "current";
  const same = and(eq(waSessions.keyId, read.keyId), eq(waSessions.wrappedKey, read.wrappedKey));
  const ofSession = eq(waSessions.id, row.sessionId);
  const changed = await db.update(waSessions).set(anew).where(and(ofSession, same)).returning({ id: waSessions.id });
  if (changed.length > 0) return "rewrapped";
  const [now] = await db.select(stored).from(waSessions).where(ofSession);
  return now ? rotateOne(db, keys, now) : "gone";
}
