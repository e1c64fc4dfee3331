import { createHash } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { media } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError, refusals } from "../errors.ts";
import { withUser } from "../users/with-user.ts";
import type { MediaDeps } from "./deps.ts";
import { judgeFile } from "./judge/judge.ts";
import { type MediaView, mediaColumns, viewOf } from "./queries.ts";
import { cleanFileName, mediaLimits } from "./rules.ts";
import type { UploadFields } from "./schema.ts";
import { mediaKey } from "./store/store.ts";

export interface NewFile {
  fileName: string;
  /** The media type that came with it, or "". */
  declaredType: string;
  bytes: Uint8Array;
}

/**
 * Takes a file in that is to go with messages: judged, scanned, kept once for each content. The same file again is the same
 * row, as if it came for the first time: under its new name, and whole again if its bytes were removed.
 * @throws DomainError media_too_large, media_refused, media_infected, scanner_away, media_storage_full
 */
export async function addMedia(
  db: Db,
  { store, scanner }: MediaDeps,
  userId: Id<"user">,
  { declaredType, ...file }: NewFile,
): Promise<MediaView> {
  if (file.bytes.byteLength > mediaLimits.fileBytes) throw tooLarge();
  const bytes = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  const fileName = cleanFileName(file.fileName);
  const { type, picture } = await judgeFile({ fileName, declaredType, bytes });
  const scan = scanner ? await scanned(scanner, bytes) : ("not_scanned" as const);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return withUser(db, userId, async (tx) => {
    await lockFiles(tx, userId);
    const row = {
      fileName,
      mimeType: type,
      bytes: bytes.length,
      width: picture?.width ?? null,
      height: picture?.height ?? null,
      thumbnail: picture?.thumbnail ?? null,
      removedAt: null,
      createdAt: sql`app_now()`,
    };
    const [kept] = await tx
      .insert(media)
      .values({ id: newId("media"), userId, sha256, scan, ...row })
      .onConflictDoUpdate({ target: [media.userId, media.sha256], set: scanner ? { ...row, scan } : row })
      .returning(mediaColumns);
    if (!kept) throw new Error("a file was not kept");
    await checkRoom(tx, userId);
    // With the row in hand nobody removes the bytes of this content meanwhile; without the bytes there is no row. Bytes without
    // a row, because the commit failed, go in a later night (server/media/expire.ts).
    await store.put(mediaKey(userId, sha256), bytes);
    await recordAudit(tx, userId, "media.added", { mediaId: kept.id, type, bytes: bytes.length, scan });
    return viewOf(kept);
  });
}

/** `addMedia` of a form's field. The size is looked at before the bytes are copied. */
export async function addUpload(
  db: Db,
  deps: MediaDeps,
  userId: Id<"user">,
  { file }: UploadFields,
): Promise<MediaView> {
  if (file.size > mediaLimits.fileBytes) throw tooLarge();
  const bytes = new Uint8Array(await file.arrayBuffer());
  return addMedia(db, deps, userId, { fileName: file.name, declaredType: file.type, bytes });
}

async function scanned(scanner: NonNullable<MediaDeps["scanner"]>, bytes: Buffer): Promise<"clean"> {
  const found = await scanner.scan(bytes).catch(() => {
    throw atField("scanner_away", {});
  });
  if (found !== null) throw atField("media_infected", { found });
  return "clean";
}

/**
 * Lets one transaction at a time put files of a user into the store, or remove what no row speaks of. It comes before every
 * row lock: of two files that fit only one by one, the second sees the first.
 */
export async function lockFiles(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`files|${userId}`}, 0))`);
}

async function checkRoom(tx: Db, userId: Id<"user">): Promise<void> {
  const [kept] = await tx
    .select({ bytes: sql<string>`coalesce(sum(${media.bytes}), 0)` })
    .from(media)
    .where(and(eq(media.userId, userId), isNull(media.removedAt)));
  if (Number(kept?.bytes) > mediaLimits.accountBytes) {
    throw atField("media_storage_full", { limit: `${mediaLimits.accountBytes / 1024 / 1024} MB` });
  }
}

const tooLarge = () => atField("media_too_large", { limit: `${mediaLimits.fileBytes / 1024 / 1024} MB` });

function atField(
  code: "media_too_large" | "media_infected" | "scanner_away" | "media_storage_full",
  details: Record<string, string>,
): DomainError {
  return new DomainError(code, details, { file: refusals[code].message(details) });
}
