import type { proto } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { seconds } from "../wire/nodes.ts";
import type { Media, Phone } from "../world/schema.ts";
import { digest, seal, unseal } from "./cipher.ts";
import { directPath, folderOf, readDirectPath } from "./paths.ts";

const MEDIA_KEY_BYTES = 32;

/** What every kind of media carries in a message. */
interface Part {
  url?: string | null;
  directPath?: string | null;
  mediaKey?: Uint8Array | null;
  fileSha256?: Uint8Array | null;
  fileEncSha256?: Uint8Array | null;
  mimetype?: string | null;
  fileName?: string | null;
  caption?: string | null;
  contextInfo?: proto.IContextInfo | null;
}

/** Media as a message names it: where it is and how to open it. */
export interface Attachment {
  kind: Media["kind"];
  part: Part;
}

/** A picture or file that a person sends. */
export interface NewMedia {
  kind: Media["kind"];
  mimeType: string;
  fileName?: string | undefined;
  data: Buffer;
}

/** The media of a message without its wrappers. */
export const attachmentOf = (message: proto.IMessage): Attachment | undefined => {
  const { imageMessage, documentMessage, audioMessage, stickerMessage } = message;
  const videoMessage = message.videoMessage ?? message.ptvMessage;
  if (imageMessage) return { kind: "image", part: imageMessage };
  if (documentMessage) return { kind: "document", part: documentMessage };
  if (videoMessage) return { kind: "video", part: videoMessage };
  if (audioMessage) return { kind: "audio", part: audioMessage };
  return stickerMessage ? { kind: "sticker", part: stickerMessage } : undefined;
};

const uploadOf = ({ directPath: path, url }: Part): string | undefined =>
  path ? readDirectPath(path) : url && URL.canParse(url) ? readDirectPath(new URL(url).pathname) : undefined;

const equal = (bytes: Uint8Array, digestGiven: Uint8Array | null | undefined): boolean =>
  digestGiven ? digest(bytes).equals(digestGiven) : false;

/**
 * A phone fetches media, checks it as a real one does, decrypts it and keeps it. Throws a sentence when the upload is not
 * there, or anything about it is not what the message says.
 */
export const openAttachment = async (ctx: Context, { kind, part }: Attachment): Promise<Media> => {
  const sha256 = uploadOf(part);
  const sealed = sha256 && (await ctx.media.uploads.read(sha256));
  if (!sealed) throw new Error("there is no such upload");
  if (!equal(sealed, part.fileEncSha256)) throw new Error("the upload is not the one of fileEncSha256");
  const plain = unseal(kind, sealed, part.mediaKey ?? Buffer.alloc(0));
  if (!equal(plain, part.fileSha256)) throw new Error("what is inside is not the one of fileSha256");
  return {
    kind,
    mimeType: part.mimetype || "application/octet-stream",
    fileName: part.fileName || null,
    bytes: plain.length,
    sha256: await ctx.media.pictures.put(plain),
  };
};

/**
 * A phone encrypts media and uploads it. Returns how its own screen shows it, and a maker of the message's part, for the
 * clients of one account (whose `failDownloads` then strikes) or for anybody's.
 */
export const uploadMedia = async (ctx: Context, phone: Phone, media: NewMedia) => {
  const { kind, mimeType: mimetype, fileName, data } = media;
  const mediaKey = ctx.random.bytes(MEDIA_KEY_BYTES, "media key", phone.phone);
  const sealed = seal(kind, data, mediaKey);
  const upload = await ctx.media.uploads.put(sealed);
  const sha256 = await ctx.media.pictures.put(data);
  const shown: Media = { kind, mimeType: mimetype, fileName: fileName ?? null, bytes: data.length, sha256 };
  const common = {
    mimetype,
    mediaKey,
    mediaKeyTimestamp: Number(seconds(ctx.clock.now())),
    fileSha256: Buffer.from(sha256, "hex"),
    fileEncSha256: Buffer.from(upload, "hex"),
    fileLength: data.length,
    ...(kind === "document" && { fileName: fileName ?? "file", title: fileName ?? "file" }),
  };
  const partFor = (account?: string) => {
    const path = directPath(folderOf(kind), upload, account);
    return { ...common, directPath: path, url: `https://${ctx.media.host}${path}` };
  };
  return { shown, partFor };
};
