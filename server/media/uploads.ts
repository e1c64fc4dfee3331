import { createHash } from "node:crypto";
import { and, eq, gt, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, media, mediaUploads, messages } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import type { Owner } from "../messages/gate.ts";
import type { MediaDeps } from "./deps.ts";
import { kindOfType, type MediaKind } from "./rules.ts";
import { mediaKey } from "./store/store.ts";

/**
 * What WhatsApp was given of a file, for one campaign on one phone: tests of it and every recipient share it. So do all
 * answers of a phone, which belong to no campaign.
 */
export interface UploadKey {
  campaignId: Id<"campaign"> | null;
  waSessionId: Id<"waSession">;
  mediaId: Id<"media">;
}

/** WhatsApp forgets a file after some weeks, and recipients may open it late: an older upload is not given to anybody new. */
const TRUSTED = sql`interval '12 days'`;

/** Whose upload a message uses: its campaign's, that of the campaign it tests, or that of all answers. `wanted`: it may be sent at this moment. */
export async function uploadScope(
  db: Db,
  message: { id: Id<"message"> },
): Promise<{ campaignId: Id<"campaign"> | null; wanted: boolean }> {
  const [row] = await db
    .select({
      campaignId: sql<Id<"campaign"> | null>`coalesce(${messages.campaignId}, ${messages.testOf})`,
      wanted: sql<boolean>`${messages.campaignId} is null or ${campaigns.status} = 'running'`,
    })
    .from(messages)
    .leftJoin(campaigns, eq(campaigns.id, messages.campaignId))
    .where(eq(messages.id, message.id));
  return row ?? { campaignId: null, wanted: false };
}

/** The sealed media message of an earlier upload, if there is one that is fresh enough. */
export async function findUpload(
  db: Db,
  { campaignId, waSessionId, mediaId }: UploadKey,
): Promise<{ encoded: Buffer; uploadedAt: Date } | null> {
  const [row] = await db
    .select({ encoded: mediaUploads.encoded, uploadedAt: mediaUploads.uploadedAt })
    .from(mediaUploads)
    .where(
      and(
        sql`${mediaUploads.campaignId} is not distinct from ${campaignId}`,
        eq(mediaUploads.waSessionId, waSessionId),
        eq(mediaUploads.mediaId, mediaId),
        gt(mediaUploads.uploadedAt, sql`app_now() - ${TRUSTED}`),
      ),
    );
  return row ?? null;
}

/** Keeps what WhatsApp was given, in place of an older upload; nothing from a worker whose lease has passed on. */
export async function keepUpload(db: Db, owner: Owner, key: UploadKey, encoded: Buffer): Promise<void> {
  await db.execute(sql`
    insert into media_uploads (campaign_id, wa_session_id, media_id, user_id, encoded, uploaded_at)
    select ${key.campaignId}, s.id, ${key.mediaId}, s.user_id, ${encoded}, app_now() from wa_sessions s
     where s.id = ${owner.sessionId} and s.owner_id = ${owner.workerId} and s.epoch = ${owner.epoch} and s.lease_until > now()
    on conflict (campaign_id, wa_session_id, media_id) do update set encoded = excluded.encoded, uploaded_at = excluded.uploaded_at`);
}

/** A file that is about to be given to WhatsApp. */
export interface OutboundFile {
  kind: MediaKind;
  fileName: string;
  mimeType: string;
  bytes: Buffer;
  /** Hex. */
  sha256: string;
  width: number | null;
  height: number | null;
  /** A small JPEG, of a picture. */
  thumbnail: Buffer | null;
}

/** Why a file cannot be given to WhatsApp. */
export class FileUnusable extends Error {
  readonly why: "removed" | "damaged" | "infected" | "scanner_away";
  constructor(why: FileUnusable["why"]) {
    super(`the file cannot be sent: ${why}`);
    this.name = "FileUnusable";
    this.why = why;
  }
}

/**
 * A file with its bytes. One that was taken in when nobody looked for viruses is scanned now, if somebody does; what is
 * infected is removed.
 * @throws FileUnusable; another error when the store does not answer
 */
export async function openOutbound(
  db: Db,
  { store, scanner }: MediaDeps,
  userId: Id<"user">,
  mediaId: Id<"media">,
): Promise<OutboundFile> {
  const own = and(eq(media.id, mediaId), eq(media.userId, userId));
  const [row] = await db.select().from(media).where(own);
  if (!row || row.removedAt !== null) throw new FileUnusable("removed");
  const stream = await store.get(mediaKey(userId, row.sha256));
  if (!stream) throw new FileUnusable("removed");
  const bytes = Buffer.concat(await stream.toArray());
  if (createHash("sha256").update(bytes).digest("hex") !== row.sha256) throw new FileUnusable("damaged");
  if (row.scan === "not_scanned" && scanner) {
    const found = await scanner.scan(bytes).catch(() => {
      throw new FileUnusable("scanner_away");
    });
    if (found !== null) {
      await db.transaction(async (tx) => {
        await tx.update(media).set({ removedAt: sql`app_now()`, thumbnail: null }).where(own);
        await store.remove(mediaKey(userId, row.sha256));
        await recordAudit(tx, userId, "media.infected", { mediaId, found });
      });
      throw new FileUnusable("infected");
    }
    await db.update(media).set({ scan: "clean" }).where(own);
  }
  const { fileName, mimeType, sha256, width, height, thumbnail } = row;
  return { kind: kindOfType(mimeType), fileName, mimeType, bytes, sha256, width, height, thumbnail };
}
