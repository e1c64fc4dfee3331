import type { BinaryNode } from "@whiskeysockets/baileys";
import { pushReceipt } from "../chats/receipts.ts";
import type { Client, Context } from "../service/context.ts";
import { draw } from "../service/delays.ts";
import { isGroup, readJid } from "../wire/jids.ts";
import { node, seconds } from "../wire/nodes.ts";
import type { Account, Phone, Sent } from "../world/schema.ts";
import { authorAttributes } from "./rules.ts";
import type { Group, GroupReceipt } from "./schema.ts";

/** The record of one participant, begun when the server takes the message. */
export const receiptOf = (sent: Sent, phone: string): GroupReceipt => {
  const known = sent.participants.get(phone);
  if (known) return known;
  const receipt: GroupReceipt = {
    deliveredAt: null,
    readAt: null,
    undecryptable: false,
    retries: 0,
    due: { delivered: null, read: null },
  };
  sent.participants.set(phone, receipt);
  return receipt;
};

const announce = (ctx: Context, account: Account, group: Group, reader: string, id: string, type?: "read"): void => {
  const member = group.participants.get(reader);
  if (!member) return;
  const { participant } = authorAttributes(group, member, account.phone);
  const attrs = { from: group.id, participant, id, type, t: seconds(ctx.clock.now()) };
  for (const device of account.devices.values()) pushReceipt(ctx, account, device, node("receipt", attrs));
};

/** The ticks on the author's own phone: they change when the last participant has it, or has read it. */
const raise = (ctx: Context, group: Group, author: string, id: string, status: "delivered" | "read"): void => {
  const shown = ctx.store.phone(author).chats.get(group.id)?.get(id);
  if (shown && shown.status !== "read") shown.status = status;
};

const deliver = (ctx: Context, account: Account, group: Group, reader: string, sent: Sent): void => {
  const receipt = receiptOf(sent, reader);
  receipt.due.delivered = null;
  receipt.deliveredAt ??= ctx.clock.now();
  if ([...sent.participants.values()].every(({ deliveredAt }) => deliveredAt !== null)) {
    sent.deliveredAt ??= ctx.clock.now();
    raise(ctx, group, account.phone, sent.id, "delivered");
  }
  announce(ctx, account, group, reader, sent.id);
  ctx.store.touch();
};

/** A participant opens the chat: the account that wrote hears of it. */
const readBy = (ctx: Context, account: Account, group: Group, reader: string, sent: Sent): void => {
  const receipt = receiptOf(sent, reader);
  receipt.due.read = null;
  receipt.readAt ??= ctx.clock.now();
  const shown = ctx.store.phone(reader).chats.get(group.id)?.get(sent.id);
  if (shown) shown.status = "read";
  if ([...sent.participants.values()].every(({ readAt }) => readAt !== null)) {
    sent.readAt ??= ctx.clock.now();
    raise(ctx, group, account.phone, sent.id, "read");
  }
  announce(ctx, account, group, reader, sent.id, "read");
  ctx.store.touch();
};

const arm = (ctx: Context, account: Account, group: Group, reader: string, sent: Sent): void => {
  const { due } = receiptOf(sent, reader);
  if (due.delivered !== null) ctx.clock.at(due.delivered, () => deliver(ctx, account, group, reader, sent));
  if (due.read !== null) ctx.clock.at(due.read, () => readBy(ctx, account, group, reader, sent));
};

/** Plans the receipts of one participant who could read a copy, after the account's delays from `arrivedAt`. */
export const planGroupReceipts = (
  ctx: Context,
  account: Account,
  group: Group,
  reader: Phone,
  sent: Sent,
  arrivedAt: number,
): void => {
  const { due } = receiptOf(sent, reader.phone);
  if (due.delivered !== null || due.read !== null) return;
  const deliveredMs = draw(ctx, account.delays.deliveredMs, "delivered", sent.id, reader.phone);
  const readMs = draw(ctx, account.delays.readMs, "read", sent.id, reader.phone);
  if (deliveredMs !== null) due.delivered = arrivedAt + deliveredMs;
  if (readMs !== null && reader.readReceipts) due.read = arrivedAt + Math.max(readMs, deliveredMs ?? 0);
  arm(ctx, account, group, reader.phone, sent);
};

/** After a restart: the receipts of groups that were still to come. */
export const resumeGroupReceipts = (ctx: Context): void => {
  for (const account of ctx.store.accounts.values()) {
    for (const [id, messages] of account.sent) {
      const group = isGroup(id) ? ctx.store.groups.get(id) : undefined;
      if (!group) continue;
      for (const sent of messages.values()) {
        for (const reader of sent.participants.keys()) arm(ctx, account, group, reader, sent);
      }
    }
  }
};

/** Somebody reads what a phone wrote to a group; the ticks turn blue when the last one has. */
const markReadInGroup = (ctx: Context, group: Group, author: string, reader: string, id: string): void => {
  const shownAt = (phone: string) => ctx.store.phone(phone).chats.get(group.id)?.get(id);
  const shown = shownAt(reader);
  if (shown) shown.status = "read";
  const others = [...group.participants.keys()].filter((phone) => phone !== author);
  const tells = (phone: string) => ctx.store.phone(phone).readReceipts && shownAt(phone)?.status === "read";
  if (others.every(tells)) raise(ctx, group, author, id, "read");
  ctx.store.touch();
};

/** A participant has seen a message in a group, on whatever device: who wrote it hears so. */
export const seenInGroup = (ctx: Context, groupId: string, author: string, reader: string, id: string): void => {
  const group = ctx.store.groups.get(groupId);
  if (!group) return;
  const account = ctx.store.accounts.get(author);
  const sent = account?.sent.get(group.id)?.get(id);
  if (account && sent) readBy(ctx, account, group, reader, sent);
  else markReadInGroup(ctx, group, author, reader, id);
};

/** A linked device read a message in a group: who wrote it hears so. */
export const readInGroupBy = (ctx: Context, client: Client, receipt: BinaryNode, id: string): void => {
  const group = ctx.store.groups.get(receipt.attrs.to ?? "");
  const author = readJid(receipt.attrs.participant)?.phone;
  if (group && author) seenInGroup(ctx, group.id, author, client.account.phone, id);
};
