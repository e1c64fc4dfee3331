import type { proto } from "@whiskeysockets/baileys";
import { hold } from "../chats/held.ts";
import { askAgain, type Copy, MAX_RETRIES } from "../chats/reading.ts";
import { countAgain, showMessage } from "../chats/showing.ts";
import { readMessage } from "../content/texts.ts";
import type { Context } from "../service/context.ts";
import { bytesOf } from "../wire/nodes.ts";
import { planGroupReceipts, receiptOf } from "./receipts.ts";
import { memberJid } from "./rules.ts";
import type { Group } from "./schema.ts";
import { acceptSenderKey, readWithSenderKey } from "./sender-keys.ts";

const chainName = (group: Group, copy: Copy): string => `${group.id} ${copy.account.phone}:${copy.device.id}`;

const decrypt = async (ctx: Context, copy: Copy, group: Group): Promise<proto.Message> => {
  const { account, device, enc, reader } = copy;
  const body = bytesOf(enc);
  if (!body) throw new Error("an <enc> without a body");
  const known = reader.senderKeys.get(chainName(group, copy)) ?? [];
  if (enc.attrs.type === "skmsg") return readMessage(readWithSenderKey(known, body));
  return readMessage(await ctx.signal.decrypt(reader, account.phone, device.id, enc.attrs.type ?? "", body));
};

const keepSenderKey = (copy: Copy, group: Group, message: proto.Message): void => {
  const distribution = message.senderKeyDistributionMessage?.axolotlSenderKeyDistributionMessage;
  if (!distribution) return;
  const name = chainName(group, copy);
  copy.reader.senderKeys.set(name, acceptSenderKey(copy.reader.senderKeys.get(name) ?? [], distribution));
};

/** A phone cannot read its copy: what it showed already is counted, anything else asked for again. */
const unread = (ctx: Context, copy: Copy, group: Group): void => {
  const { account, arrivedAt, enc, id, reader } = copy;
  // A key that cannot be read is missed when the message is: that asks for both.
  if (enc.attrs.type !== "skmsg" && enc.attrs.count === undefined) return;
  const sent = account.sent.get(group.id)?.get(id);
  if (!sent) return;
  if (countAgain(reader, group.id, id)) {
    if (reader.phone !== account.phone) planGroupReceipts(ctx, account, group, reader, sent, arrivedAt);
    return;
  }
  const own = reader.phone === account.phone;
  const tries = own ? sent : receiptOf(sent, reader.phone);
  tries.undecryptable = true;
  if (tries.retries >= MAX_RETRIES) return;
  tries.retries++;
  askAgain(ctx, copy, { from: group.id, participant: memberJid(group, reader.phone) }, tries.retries);
};

/** One ciphertext of a group message at one participant's phone: a sender key to keep, or a text to show and receipt. */
export const readInGroup = async (ctx: Context, copy: Copy, groupId: string): Promise<void> => {
  const { account, arrivedAt, id, reader } = copy;
  const group = ctx.store.groups.get(groupId);
  if (!group?.participants.has(reader.phone)) return;
  if (!reader.online) return hold(ctx, copy, groupId);
  let message: proto.Message;
  try {
    message = await decrypt(ctx, copy, group);
    keepSenderKey(copy, group, message);
  } catch {
    unread(ctx, copy, group);
    ctx.store.touch();
    return;
  }
  ctx.store.touch();
  const fromMe = reader.phone === account.phone;
  const heading = { id, by: account.phone, fromMe, at: arrivedAt, status: fromMe ? "sent" : "delivered" } as const;
  const text = await showMessage(ctx, reader, group.id, heading, message);
  const sent = account.sent.get(group.id)?.get(id);
  if (text === undefined || !sent) return;
  sent.text ??= text;
  if (fromMe) {
    sent.undecryptable = false;
    return;
  }
  receiptOf(sent, reader.phone).undecryptable = false;
  planGroupReceipts(ctx, account, group, reader, sent, arrivedAt);
};
