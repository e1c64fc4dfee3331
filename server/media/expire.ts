import { and, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { media, mediaUploads } from "#db/schema/index.ts";
import { lockFiles } from "./add.ts";
import type { MediaDeps } from "./deps.ts";
import { mediaKey, readKey } from "./store/store.ts";

/** SQL: how long bytes outlive their last use. */
const KEPT = sql`interval '14 days'`;

/**
 * Files that are older than 14 days, and that no rule, no draft, no running campaign and none that ended in these days uses, lose
 * their bytes; the rows stay for the record. What WhatsApp was given of files goes after the same time, and after a day what
 * the store holds and no row speaks of: a file's bytes come before its row, which may never have come.
 */
export async function expireMedia(db: Db, { store }: Pick<MediaDeps, "store">): Promise<void> {
  await removeOrphans(db, store);
  await db.delete(mediaUploads).where(lt(mediaUploads.uploadedAt, sql`app_now() - ${KEPT}`));
  const old = await db
    .select({ id: media.id })
    .from(media)
    .where(and(isNull(media.removedAt), lt(media.createdAt, sql`app_now() - ${KEPT}`), notUsed));
  for (const { id } of old) await removeUnused(db, store, id);
}

/** SQL: nothing wants to send it, or might soon. */
const notUsed = sql`not exists (
    select 1 from campaigns c where c.media_id = ${media.id}
       and (c.status not in ('completed', 'cancelled') or c.finished_at > app_now() - ${KEPT}))
  and not exists (
    select 1 from auto_rules r where r.user_id = ${media.userId} and r.responses @> jsonb_build_array(jsonb_build_object('mediaId', ${media.id})))
  and not exists (
    select 1 from messages m where m.media_id = ${media.id} and m.campaign_id is null and m.status in ('queued', 'sending'))`;

/** Locked first, so that nobody attaches or uploads it anew between the last look and the end of its bytes. */
async function removeUnused(db: Db, store: MediaDeps["store"], id: Id<"media">): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.select({ id: media.id }).from(media).where(eq(media.id, id)).for("update");
    const [removed] = await tx
      .update(media)
      .set({ removedAt: sql`app_now()`, thumbnail: null })
      .where(and(eq(media.id, id), isNull(media.removedAt), lt(media.createdAt, sql`app_now() - ${KEPT}`), notUsed))
      .returning({ userId: media.userId, sha256: media.sha256 });
    // Should this fail, the row is as it was and the next night tries again.
    if (removed) await store.remove(mediaKey(removed.userId, removed.sha256));
  });
}

/** Looked at twice: for all of a page at once, and, before it goes, each with the uploads of its user held off. */
async function removeOrphans(db: Db, store: MediaDeps["store"]): Promise<void> {
  const [clock] = await db.execute(sql`select app_now() - interval '1 day' as "dayAgo"`);
  const { dayAgo } = z.object({ dayAgo: z.coerce.date() }).parse(clock);
  for await (const page of store.list()) {
    const old = page.flatMap(({ key, putAt }) => {
      const place = putAt < dayAgo ? readKey(key) : null;
      return place ? [{ key, ...place }] : [];
    });
    if (old.length === 0) continue;
    const digests = old.map(({ sha256 }) => sha256);
    const kept = await db
      .select({ userId: media.userId, sha256: media.sha256 })
      .from(media)
      .where(and(inArray(media.sha256, digests), isNull(media.removedAt)));
    const keys = new Set(kept.map(({ userId, sha256 }) => mediaKey(userId, sha256)));
    for (const { key, userId, sha256, partial } of old) {
      if (keys.has(key)) continue;
      await db.transaction(async (tx) => {
        await lockFiles(tx, userId);
        const own = and(eq(media.userId, userId), eq(media.sha256, sha256), isNull(media.removedAt));
        if (partial || (await tx.$count(media, own)) === 0) await store.remove(key);
      });
    }
  }
}
