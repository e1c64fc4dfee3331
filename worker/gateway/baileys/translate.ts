import "./quiet.ts";
import { randomBytes } from "node:crypto";
import {
  type BaileysEventMap,
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  isJidGroup,
  jidDecode,
  normalizeMessageContent,
  proto,
  toNumber,
  type WAMessage,
} from "@whiskeysockets/baileys";
import { z } from "zod";
import { textContent } from "#server/messages/text-content.ts";
import type { InboundContent } from "#server/opt-outs/receive-inbound.ts";
import type { GatewayEvent, Identity, Person } from "../gateway.ts";

/** Who a JID names, or null when it names no single person (a group, a channel, the server). The device is left out. */
export function identityOf(jid: string | null | undefined): Person | null {
  const decoded = jid ? jidDecode(jid) : undefined;
  if (!decoded?.user) return null;
  if (decoded.server === "s.whatsapp.net" || decoded.server === "hosted") return `pn:+${decoded.user}`;
  if (decoded.server === "lid" || decoded.server === "hosted.lid") return `lid:${decoded.user}`;
  return null;
}

const GROUP = "group:";

/** Whether it is the chat of a group. */
export const isGroup = (identity: Identity): boolean => identity.startsWith(GROUP);

/** The address that WhatsApp's protocol uses for a person or a group. */
export function jidOf(identity: Identity): string {
  if (isGroup(identity)) return identity.slice(GROUP.length);
  return identity.startsWith("pn:+") ? `${identity.slice(4)}@s.whatsapp.net` : `${identity.slice(4)}@lid`;
}

/** E.164 with "+" of our own device's JID. */
export function phoneOf(jid: string): string | null {
  const identity = identityOf(jid);
  return identity?.startsWith("pn:") ? identity.slice(3) : null;
}

/** A text as WhatsApp carries it. */
export function encodeText(text: string): Uint8Array {
  return proto.Message.encode(proto.Message.fromObject(textContent(text, randomBytes(32)))).finish();
}

const text = (message: proto.IMessage): string | null =>
  message.conversation ??
  message.extendedTextMessage?.text ??
  message.imageMessage?.caption ??
  message.videoMessage?.caption ??
  message.documentMessage?.caption ??
  message.buttonsResponseMessage?.selectedDisplayText ??
  message.templateButtonReplyMessage?.selectedDisplayText ??
  message.listResponseMessage?.title ??
  null;

const contents: readonly (readonly [keyof proto.IMessage, InboundContent])[] = [
  ["imageMessage", "picture"],
  ["videoMessage", "video"],
  ["ptvMessage", "video"],
  ["audioMessage", "audio"],
  ["documentMessage", "document"],
  ["stickerMessage", "sticker"],
  ["lottieStickerMessage", "sticker"],
  ["locationMessage", "location"],
  ["liveLocationMessage", "location"],
  ["contactMessage", "contact"],
  ["contactsArrayMessage", "contact"],
];

const contentOf = (message: proto.IMessage): InboundContent =>
  contents.find(([field]) => message[field])?.[1] ?? (text(message) === null ? "other" : "text");

function inbound(message: WAMessage, offline: boolean): GatewayEvent[] {
  const { key } = message;
  const content = normalizeMessageContent(message.message);
  // Undecryptable so far (a second event follows, with the same id), ours, or a notice of the protocol.
  if (key.fromMe || !key.id || !content || content.protocolMessage) return [];
  const group = key.remoteJid && isJidGroup(key.remoteJid) ? (`${GROUP}${key.remoteJid}` as const) : null;
  // A status, a broadcast and a channel are written to nobody, though their author is named beside them.
  if (!group && identityOf(key.remoteJid) === null) return [];
  const author = group ? [key.participant, key.participantAlt] : [key.remoteJid, key.remoteJidAlt];
  const from = author.map(identityOf).filter((i) => i !== null);
  if (from.length === 0) return [];
  const at = new Date(toNumber(message.messageTimestamp) * 1000);
  return [
    { type: "inbound", waMsgId: key.id, from, group, text: text(content), content: contentOf(content), at, offline },
  ];
}

/** Messages to this phone, those that WhatsApp kept while it was offline included (Baileys calls these "append"). */
export function fromUpsert({ messages, type }: BaileysEventMap["messages.upsert"]): GatewayEvent[] {
  return messages.flatMap((message) => inbound(message, type === "append"));
}

const receiptAttrs = z.object({
  id: z.string(),
  from: z.string(),
  participant: z.string().optional(),
  recipient: z.string().optional(),
  type: z.enum(["sender", "read", "read-self", "played"]).optional(),
});

/**
 * What a receipt says of messages of ours, read from the stanza itself. Of Baileys' events several of one message that come
 * within a moment are merged into the last of them: who had read would be lost by the receipt of another device.
 * @param own this phone: its receipt for its own copy, of type "sender" or from a group, says that the server accepted the
 * message; of a message to itself, that it arrived, for of that there is no other
 */
export function fromReceipt(stanza: BinaryNode, own: ReadonlySet<Person>): GatewayEvent[] {
  const parsed = receiptAttrs.safeParse(stanza.attrs);
  if (!parsed.success) return [];
  const { id, from, participant, recipient, type } = parsed.data;
  const by = identityOf(participant ?? from);
  const isOwn = by !== null && own.has(by);
  // What this phone's other devices say of the messages of others names the chat as `recipient` too.
  if (by === null || (recipient !== undefined && !(isOwn && type === "sender"))) return [];
  const items = getBinaryNodeChildren(getBinaryNodeChild(stanza, "list"), "item");
  const ids = [id, ...items.flatMap(({ attrs }) => attrs.id ?? [])];
  const chat = identityOf(recipient);
  const accepted = (type === "sender" && !(chat && own.has(chat))) || (isOwn && isJidGroup(from));
  if (accepted) return ids.map((waMsgId) => ({ type: "ack", waMsgId }));
  const receipt = type === undefined || type === "sender" ? "delivered" : "read";
  return ids.map((waMsgId) => ({ type: "receipt", waMsgId, receipt }));
}

const ackNode = z.object({
  attrs: z.object({ id: z.string(), error: z.coerce.number().int().optional() }),
});

/** The server's answer to a message of ours: the one fact that it took it, or why not. Baileys makes no event of it. */
export function fromAck(node: unknown): GatewayEvent[] {
  const parsed = ackNode.safeParse(node);
  if (!parsed.success) return [];
  const { id, error } = parsed.data.attrs;
  return error === undefined ? [{ type: "ack", waMsgId: id }] : [{ type: "nack", waMsgId: id, code: error }];
}

const boom = z.object({ output: z.object({ statusCode: z.number().int() }) });

/** Why a connection ended. Baileys throws Boom errors, whose status code is WhatsApp's or one of its own. */
export function fromClose(error: unknown): Extract<GatewayEvent, { type: "closed" }> {
  const parsed = boom.safeParse(error);
  return {
    type: "closed",
    code: parsed.success ? parsed.data.output.statusCode : null,
    reason: error instanceof Error ? error.message : "",
  };
}

/** What Baileys stores as `lid-mapping`: the user part of a number to that of a LID, and back under `<lid>_reverse`. */
export function fromMappings(rows: Record<string, string | null>): GatewayEvent[] {
  const pairs = Object.entries(rows).flatMap(([pn, lid]) =>
    lid === null || pn.endsWith("_reverse") ? [] : [{ pn: `pn:+${pn}`, lid: `lid:${lid}` } as const],
  );
  return pairs.length === 0 ? [] : [{ type: "identities", pairs }];
}
