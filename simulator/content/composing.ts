import type { proto } from "@whiskeysockets/baileys";
import { type NewMedia, uploadMedia } from "../media/attachments.ts";
import type { Context } from "../service/context.ts";
import type { Media, Phone, Shown } from "../world/schema.ts";

/** What a person writes. */
export interface Content {
  /** The text, or the caption of the media. */
  text: string;
  media?: NewMedia | undefined;
  /** The id of a message in the same chat that this one replies to. */
  quoted?: string | undefined;
}

/** A person's message, ready to be encrypted. */
export interface Composed {
  /** What phones show of it. */
  shown: Pick<Shown, "text" | "media" | "quoted">;
  /** The message for the clients of an account, whose `failDownloads` then strikes; without one for anybody's. */
  messageFor: (account?: string) => proto.IMessage;
}

/** A message with one kind of media, or its caption alone as a quote shows it. */
const mediaMessage = (kind: Media["kind"], part: proto.Message.IDocumentMessage): proto.IMessage => {
  if (kind === "image") return { imageMessage: part };
  if (kind === "video") return { videoMessage: part };
  if (kind === "audio") return { audioMessage: part };
  if (kind === "sticker") return { stickerMessage: part };
  // Phones wrap a document with a caption, so that older clients show neither.
  return part.caption
    ? { documentWithCaptionMessage: { message: { documentMessage: part } } }
    : { documentMessage: part };
};

const quoteOf = ({ id, text, media }: Shown, author: string): proto.IContextInfo => ({
  stanzaId: id,
  participant: author,
  quotedMessage: media ? mediaMessage(media.kind, { caption: text, mimetype: media.mimeType }) : { conversation: text },
});

/**
 * Makes a message of what a person writes in a chat, its media encrypted and uploaded. `jidOf` names the author of a
 * quoted message as the chat does.
 */
export const compose = async (
  ctx: Context,
  phone: Phone,
  peer: string,
  { text, media, quoted }: Content,
  jidOf: (number: string) => string,
): Promise<Composed> => {
  const original = quoted === undefined ? undefined : phone.chats.get(peer)?.get(quoted);
  const author = original?.author ?? (original?.fromMe ? phone.phone : peer);
  const contextInfo = original && quoteOf(original, jidOf(author));
  const upload = media && (await uploadMedia(ctx, phone, media));
  const messageFor = (account?: string): proto.IMessage => {
    if (upload) {
      const part = { ...upload.partFor(account), ...(text && { caption: text }), contextInfo };
      return mediaMessage(upload.shown.kind, part);
    }
    return contextInfo ? { extendedTextMessage: { text, contextInfo } } : { conversation: text };
  };
  return {
    shown: { text, media: upload?.shown ?? null, quoted: original ? { id: original.id, text: original.text } : null },
    messageFor,
  };
};
