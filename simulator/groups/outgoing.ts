import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from "@whiskeysockets/baileys";
import type { Place } from "../chats/messages.ts";
import type { Client, Context } from "../service/context.ts";
import { readJid } from "../wire/jids.ts";
import { node, seconds } from "../wire/nodes.ts";
import type { Account, Device, Sent } from "../world/schema.ts";
import { readInGroup } from "./reading.ts";
import { receiptOf } from "./receipts.ts";
import { authorAttributes } from "./rules.ts";
import type { Group } from "./schema.ts";

/** Codes of error acks. That these are the ones is an assumption: a client normally learns both when it asks for the group. */
const NOT_A_MEMBER = "403";
const NO_SUCH_GROUP = "404";

interface Post {
  client: Client;
  group: Group;
  message: BinaryNode;
  sent: Sent;
  arrivedAt: number;
}

const deviceName = (phone: string, device: number): string => `${phone}:${device}`;

/** What was encrypted for single devices: the sender key for those that do not have it. */
const keysByDevice = (message: BinaryNode): Map<string, BinaryNode> => {
  const keys = new Map<string, BinaryNode>();
  for (const part of getBinaryNodeChildren(getBinaryNodeChild(message, "participants"), "to")) {
    const to = readJid(part.attrs.jid);
    const enc = getBinaryNodeChild(part, "enc");
    if (to && enc) keys.set(deviceName(to.phone, to.device), enc);
  }
  return keys;
};

/** Hands the ciphertexts to another linked device, as the real server does. */
const forward = (ctx: Context, post: Post, target: Account, device: Device, ciphertexts: BinaryNode[]): void => {
  const { client, group, message, sent } = post;
  const author = group.participants.get(client.account.phone);
  if (!author) return;
  const attrs = {
    from: group.id,
    id: sent.id,
    type: message.attrs.type,
    t: seconds(post.arrivedAt),
    notify: ctx.store.phone(author.phone).name ?? undefined,
    ...authorAttributes(group, author, target.phone, client.device.id),
  };
  const stanza = node("message", attrs, [...ciphertexts, ...getBinaryNodeChildren(message, "device-identity")]);
  const origin = { account: author.phone, device: client.device.id };
  ctx.delivery.push(target, device, `message:${sent.id}`, stanza, { origin });
};

const toPhone = (ctx: Context, post: Post, phone: string, ciphertexts: BinaryNode[]): void => {
  const { client, group, sent, arrivedAt } = post;
  const reader = ctx.store.phone(phone);
  if (phone !== client.account.phone) receiptOf(sent, phone);
  for (const enc of ciphertexts) {
    const copy = { account: client.account, device: client.device, reader, enc, id: sent.id, arrivedAt };
    ctx.work.add(() => readInGroup(ctx, copy, group.id));
  }
};

/** To every device of every participant but the one that wrote; a copy that was asked for again to that device alone. */
const spread = (ctx: Context, post: Post): void => {
  const { client, group, message } = post;
  const only = readJid(message.attrs.participant);
  const keys = keysByDevice(message);
  const shared = getBinaryNodeChild(message, "enc");
  for (const { phone } of group.participants.values()) {
    const target = ctx.store.accounts.get(phone);
    for (const id of [0, ...[...(target?.devices.values() ?? [])].map((device) => device.id)]) {
      const wrote = phone === client.account.phone && id === client.device.id;
      if (wrote || (only && (only.phone !== phone || only.device !== id))) continue;
      const ciphertexts = [keys.get(deviceName(phone, id)), shared].filter((enc) => enc !== undefined);
      const device = target?.devices.get(String(id));
      if (id === 0) toPhone(ctx, post, phone, ciphertexts);
      else if (target && device) forward(ctx, post, target, device, ciphertexts);
    }
  }
};

/** Where a client's message to a group goes: the phones and linked devices of everybody who is in it now. */
export const groupPlace = (ctx: Context, client: Client, message: BinaryNode, id: string): Place => {
  const group = ctx.store.groups.get(id);
  const member = group?.participants.has(client.account.phone);
  return {
    with: id,
    to: id,
    refused: member ? undefined : group ? NOT_A_MEMBER : NO_SUCH_GROUP,
    take: (sent) => {
      if (group) spread(ctx, { client, group, message, sent, arrivedAt: ctx.clock.now() });
    },
  };
};
