import { proto, unpadRandomMax16 } from "@whiskeysockets/baileys";
import type { Random } from "../world/random.ts";

/** The message inside a decrypted, padded body. Throws when it is not one. */
export const readMessage = (plain: Uint8Array): proto.Message => proto.Message.decode(unpadRandomMax16(plain));

/** A message as the body to encrypt: 1 to 16 bytes of padding at the end. */
export const writeMessage = (message: proto.IMessage, random: Random): Buffer => {
  const length = ((random.bytes(1, "padding")[0] ?? 0) & 15) + 1;
  return Buffer.concat([proto.Message.encode(message).finish(), Buffer.alloc(length, length)]);
};

/** What a phone shows of a message; undefined for what is no message to a person. Other kinds show as `[theirName]`. */
export const textOf = (message: proto.IMessage): string | undefined => {
  const text = message.conversation || message.extendedTextMessage?.text;
  if (text) return text;
  const silent = new Set(["messageContextInfo", "senderKeyDistributionMessage", "protocolMessage", "reactionMessage"]);
  const kind = Object.entries(message).find(([name, value]) => value && !silent.has(name))?.[0];
  return kind && `[${kind}]`;
};
