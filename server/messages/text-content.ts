/** What a text is to WhatsApp's protocol. `secret` (32 random bytes) lets the recipient report the message, as with any client. */
export const textContent = (text: string, secret: Uint8Array) => ({
  extendedTextMessage: { text },
  messageContextInfo: { messageSecret: secret },
});

/** Encodes texts for a look at them, without a connection. WhatsApp's protocol is large: it is loaded when it is asked for. */
export async function textEncoder(): Promise<(text: string) => Uint8Array> {
  const { proto } = await import("@whiskeysockets/baileys/WAProto/index.js");
  const secret = new Uint8Array(32);
  return (text) => proto.Message.encode(proto.Message.fromObject(textContent(text, secret))).finish();
}
