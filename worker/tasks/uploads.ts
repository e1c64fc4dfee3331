import { setTimeout as sleep } from "node:timers/promises";
import type { Db } from "#db/client.ts";
import type { Log } from "#server/log.ts";
import type { MediaDeps } from "#server/media/deps.ts";
import {
  FileUnusable,
  findUpload,
  keepUpload,
  openOutbound,
  type UploadKey,
  uploadScope,
} from "#server/media/uploads.ts";
import type { ClaimedMessage } from "#server/messages/claim.ts";
import type { Owner } from "#server/messages/gate.ts";
import { type HeldSession, NotWritten } from "../gateway/gateway.ts";

/** Before each further try of an upload. Whoever needs longer to come back needs somebody to look. */
const AGAIN_MS = [500, 2_000];
/** However slowly the bytes go, the session's other messages wait meanwhile. */
const WHOLE_MS = 120_000;

/** A file could not be given to WhatsApp: nobody's fault among the recipients, and the same for all of them. */
export class UploadFailed extends Error {
  constructor(cause: unknown) {
    super("the file could not be given to WhatsApp", { cause });
    this.name = "UploadFailed";
  }
}

/**
 * Gives each file to WhatsApp once for a campaign and phone, whoever needs it first: a recipient or a test; and once for all
 * answers of a phone. What WhatsApp was
 * given is kept sealed, so that a restart does not upload it again.
 * @returns a function that answers the encoded media message, without a caption
 */
export function createUploads({ db, log, media }: { db: Db; log: Log; media: MediaDeps }) {
  const underWay = new Map<string, Promise<Uint8Array>>();

  /** @throws UploadFailed; NotWritten when the connection went away meanwhile, or the campaign was paused */
  return async function uploaded(
    held: HeldSession,
    owner: Owner,
    message: Pick<ClaimedMessage, "id" | "userId"> & { mediaId: NonNullable<ClaimedMessage["mediaId"]> },
  ): Promise<Uint8Array> {
    const { mediaId } = message;
    const { campaignId, wanted } = await uploadScope(db, message);
    // The one that was claimed while the upload for the one before it failed.
    if (!wanted) throw new NotWritten("offline");
    const key: UploadKey = { campaignId, waSessionId: owner.sessionId, mediaId };
    const name = `${owner.sessionId} ${owner.epoch} ${campaignId} ${mediaId}`;
    const already = underWay.get(name);
    if (already) return already;
    const work = findOrUpload(held, owner, key, message.userId).finally(() => underWay.delete(name));
    underWay.set(name, work);
    return work;
  };

  async function findOrUpload(
    held: HeldSession,
    owner: Owner,
    key: UploadKey,
    userId: ClaimedMessage["userId"],
  ): Promise<Uint8Array> {
    const kept = await findUpload(db, key);
    if (kept) return held.open(kept.encoded);
    const began = performance.now();
    const encoded = await tryUploads(held, userId, key);
    await keepUpload(db, owner, key, held.seal(encoded));
    const ms = Math.round(performance.now() - began);
    log.info({ event: "media.uploaded", sessionId: owner.sessionId, ...key, ms }, "WhatsApp has the file");
    return encoded;
  }

  async function tryUploads(held: HeldSession, userId: ClaimedMessage["userId"], key: UploadKey): Promise<Uint8Array> {
    for (let n = 0; ; n++) {
      try {
        const file = await openOutbound(db, media, userId, key.mediaId);
        return await inTime(held, held.upload(file));
      } catch (err) {
        if (held.signal.aborted || !held.isReady()) throw new NotWritten("offline");
        const againMs = AGAIN_MS[n];
        if (err instanceof FileUnusable || againMs === undefined) throw new UploadFailed(err);
        log.warn(
          { err, event: "media.upload_again", sessionId: held.id, ...key },
          "an upload failed and is tried again",
        );
        await sleep(againMs);
      }
    }
  }
}

/** Ends with the session, or when it takes too long: Baileys waits for an answer that was cut off for ever. */
async function inTime<T>(held: HeldSession, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(WHOLE_MS, undefined, { signal: AbortSignal.any([over.signal, held.signal]) }).then(() => {
    throw new Error("the upload took too long");
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => {});
    work.catch(() => {});
  }
}
