import "../quiet.ts";
import { randomBytes } from "node:crypto";
import { proto } from "@whiskeysockets/baileys";

/** A file that WhatsApp has, with a text of one recipient's under it: one message. */
export function encodeMedia(uploaded: Uint8Array, text: string): Uint8Array {
  const message = proto.Message.decode(uploaded);
  const part = message.imageMessage ?? message.documentMessage;
  if (!part) throw new Error("there is no file in this message");
  if (text) part.caption = text;
  // The secret lets the recipient report the message to WhatsApp, as with any client.
  message.messageContextInfo = { messageSecret: randomBytes(32) };
  return proto.Message.encode(message).finish();
}
