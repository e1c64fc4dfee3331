import { normalizeMessageContent, proto, unpadRandomMax16 } from "@whiskeysockets/baileys";
import { type Attachment, attachmentOf } from "../media/attachments.ts";
import type { Random } from "../world/random.ts";
import type { Shown } from "../world/schema.ts";

/** What a message says to a person; `of` is the id of the message it changes. */
export type Saying =
  | { what: "message"; text: string; attachment: Attachment | undefined; quoted: Shown["quoted"] }
  | { what: "edit"; of: string; text: string }
  | { what: "deletion"; of: string }
  /** An empty emoji takes it back. */
  | { what: "reaction"; of: string; emoji: string };

/** The message inside a decrypted, padded body. Throws when it is not one. */
export const readMessage = (plain: Uint8Array): proto.Message => proto.Message.decode(unpadRandomMax16(plain));

/** A message as the body to encrypt: 1 to 16 bytes of padding at the end. */
export const writeMessage = (message: proto.IMessage, random: Random): Buffer => {
  const length = ((random.bytes(1, "padding")[0] ?? 0) & 15) + 1;
  return Buffer.concat([proto.Message.encode(message).finish(), Buffer.alloc(length, length)]);
};

/** Kinds that say nothing to a person. */
const SILENT = new Set(["messageContextInfo", "senderKeyDistributionMessage", "protocolMessage", "reactionMessage"]);

/** The text or caption; kinds that are neither show as `[theirName]`; undefined when there is nothing to show. */
const textOf = (message: proto.IMessage): string | undefined => {
  const text = message.conversation || message.extendedTextMessage?.text;
  if (text) return text;
  const attachment = attachmentOf(message);
  if (attachment) return attachment.part.caption ?? "";
  const kind = Object.entries(message).find(([name, value]) => value && !SILENT.has(name))?.[0];
  return kind && `[${kind}]`;
};

const quotedBy = (context: proto.IContextInfo | null | undefined): Shown["quoted"] => {
  if (!context?.stanzaId || !context.quotedMessage) return null;
  return { id: context.stanzaId, text: textOf(normalizeMessageContent(context.quotedMessage) ?? {}) ?? "" };
};

const changeOf = ({ protocolMessage, reactionMessage }: proto.IMessage): Saying | undefined => {
  const { Type } = proto.Message.ProtocolMessage;
  const of = (protocolMessage ?? reactionMessage)?.key?.id;
  if (!of) return undefined;
  if (reactionMessage) return { what: "reaction", of, emoji: reactionMessage.text ?? "" };
  if (protocolMessage?.type === Type.REVOKE) return { what: "deletion", of };
  const edited = normalizeMessageContent(protocolMessage?.editedMessage ?? undefined);
  const text = edited && textOf(edited);
  return text === undefined ? undefined : { what: "edit", of, text };
};

/** What a message says, out of the wrappers of disappearing, once-only and captioned ones; undefined when nothing. */
export const sayingOf = (wrapped: proto.IMessage): Saying | undefined => {
  const message = normalizeMessageContent(wrapped) ?? {};
  const change = changeOf(message);
  if (change) return change;
  const text = textOf(message);
  if (text === undefined) return undefined;
  const attachment = attachmentOf(message);
  const context = attachment ? attachment.part.contextInfo : message.extendedTextMessage?.contextInfo;
  return { what: "message", text, attachment, quoted: quotedBy(context) };
};
