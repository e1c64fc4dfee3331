import { createHmac } from "node:crypto";
import type { Id } from "#db/ids.ts";

/**
 * The WhatsApp id of a message, fixed for all its submissions: WhatsApp shows an id once per chat, so a repeat is unseen.
 * The form, "3EB0" and 18 hex digits, is the one WhatsApp Web uses.
 */
export function waMsgId(messageId: Id<"message">, key: Buffer): string {
  return `3EB0${createHmac("sha256", key).update(messageId).digest("hex").slice(0, 18).toUpperCase()}`;
}
