import type { Readable } from "node:stream";
import { and, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId } from "#db/ids.ts";
import { media } from "#db/schema/index.ts";
import { type Details, DomainError } from "../errors.ts";
import { withUser } from "../users/with-user.ts";
import type { MediaDeps } from "./deps.ts";
import { kindOfType, type MediaKind } from "./rules.ts";
import { mediaKey } from "./store/store.ts";

/** What is read of a file's row where its thumbnail is not needed. */
export const mediaColumns = {
  id: media.id,
  fileName: media.fileName,
  mimeType: media.mimeType,
  bytes: media.bytes,
  width: media.width,
  height: media.height,
  scan: media.scan,
  removedAt: media.removedAt,
};

/** A file as a screen shows it. A picture's thumbnail is at `/media/ID/thumbnail`, the file at `/media/ID/file`. */
export interface MediaView {
  id: Id<"media">;
  fileName: string;
  mimeType: string;
  kind: MediaKind;
  bytes: number;
  /** Pixels, of a picture. */
  width: number | null;
  height: number | null;
  scan: "clean" | "not_scanned";
  /** Its bytes are not kept any more: it has to be attached again to be sent. */
  removed: boolean;
}

type Row = Omit<MediaView, "kind" | "removed"> & { removedAt: Date | null };

export function viewOf({ removedAt, ...row }: Row): MediaView {
  return { ...row, kind: kindOfType(row.mimeType), removed: removedAt !== null };
}

/** @throws DomainError not_found */
export async function getMedia(tx: Db, userId: Id<"user">, input: { id: string }): Promise<MediaView> {
  if (!isId("media", input.id)) throw new DomainError("not_found");
  const [row] = await tx
    .select(mediaColumns)
    .from(media)
    .where(and(eq(media.id, input.id), eq(media.userId, userId)));
  if (!row) throw new DomainError("not_found");
  return viewOf(row);
}

/** Why a campaign's file cannot be sent now, as a refusal; null when it can, and when there is none. */
export async function mediaProblem(
  tx: Db,
  mediaId: Id<"media"> | null,
): Promise<{ code: "media_removed"; details: Details } | null> {
  if (mediaId === null) return null;
  const [row] = await tx
    .select({ name: media.fileName, removedAt: media.removedAt })
    .from(media)
    .where(eq(media.id, mediaId));
  if (row && row.removedAt === null) return null;
  return { code: "media_removed", details: { name: row?.name ?? "The file" } };
}

/** A small JPEG of a picture. @throws DomainError not_found */
export function readThumbnail(db: Db, userId: Id<"user">, id: Id<"media">): Promise<Buffer> {
  return withUser(db, userId, async (tx) => {
    const [row] = await tx
      .select({ thumbnail: media.thumbnail })
      .from(media)
      .where(and(eq(media.id, id), eq(media.userId, userId)));
    if (!row?.thumbnail) throw new DomainError("not_found");
    return row.thumbnail;
  });
}

/** A file with its bytes. @throws DomainError not_found, media_removed */
export async function openFile(
  db: Db,
  { store }: Pick<MediaDeps, "store">,
  userId: Id<"user">,
  id: Id<"media">,
): Promise<{ fileName: string; mimeType: string; bytes: number; stream: Readable }> {
  const [row] = await withUser(db, userId, (tx) =>
    tx
      .select({ ...mediaColumns, sha256: media.sha256 })
      .from(media)
      .where(and(eq(media.id, id), eq(media.userId, userId))),
  );
  if (!row) throw new DomainError("not_found");
  const { fileName, mimeType, bytes, sha256 } = row;
  const stream = row.removedAt === null ? await store.get(mediaKey(userId, sha256)) : null;
  if (!stream) throw new DomainError("media_removed", { name: fileName });
  return { fileName, mimeType, bytes, stream };
}
