import { and, eq, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { media, mediaUploads } from "#db/schema/index.ts";
import type { MediaDeps } from "./deps.ts";
import { mediaKey } from "./store/store.ts";

/** SQL: how long bytes outlive their last use. */
const KEPT = sql`interval '14 days'`;

/**
 * Files that are older than 14 days, and that no draft, no running campaign and none that ended in these days uses, lose
 * their bytes; the rows stay for the record. What WhatsApp was given of files goes after the same time.
 */
export async function expireMedia(db: Db, { store }: Pick<MediaDeps, "store">): Promise<void> {
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
