import type { BinaryNode, proto } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { pnJid, readJid } from "../wire/jids.ts";
import { bigEndian, bytesOf, node, seconds } from "../wire/nodes.ts";
import { Entries } from "../world/entries.ts";
import type { Account, Device, Phone, Sent, Shown } from "../world/schema.ts";
import { bundleNodes } from "../world/signal.ts";
import { hold } from "./held.ts";
import { planReceipts, planSenderReceipt, pushReceipt } from "./receipts.ts";
import { readMessage, textOf } from "./texts.ts";

/** The client stops re-sending after five requests for one message. */
const MAX_RETRIES = 5;

/** One ciphertext for one simulated phone. */
export interface Copy {
  account: Account;
  device: Device;
  reader: Phone;
  enc: BinaryNode;
  id: string;
  arrivedAt: number;
}

/** What a message has only when it is more than a text between two people. */
const PLAIN = { author: null, media: null, quoted: null };
type NewMessage = Omit<Shown, "copies" | keyof typeof PLAIN> & Partial<Pick<Shown, keyof typeof PLAIN>>;

/** Adds a message to a phone's chat; a repeated id is counted and shown once. */
export const show = (phone: Phone, peer: string, message: NewMessage): void => {
  const chat = phone.chats.get(peer) ?? new Entries<Shown>();
  phone.chats.set(peer, chat);
  if (!countAgain(phone, peer, message.id)) chat.set(message.id, { ...PLAIN, ...message, copies: 1 });
};

/** Counts another copy of a message that is shown already; false when it is not. */
const countAgain = (phone: Phone, peer: string, id: string): boolean => {
  const known = phone.chats.get(peer)?.get(id);
  if (known) known.copies++;
  return known !== undefined;
};

const decrypt = async (ctx: Context, copy: Copy): Promise<proto.Message> => {
  const { account, device, enc, reader } = copy;
  const body = bytesOf(enc);
  if (!body) throw new Error("an <enc> without a body");
  return readMessage(await ctx.signal.decrypt(reader, account.phone, device.id, enc.attrs.type ?? "", body));
};

/** Asks the sending device to encrypt a message again, with the keys of a new session. */
const askAgain = (ctx: Context, copy: Copy, from: string, count: number, recipient?: string): void => {
  const { account, device, id, reader } = copy;
  const bundle = ctx.signal.bundle(reader);
  const receipt = node("receipt", { from, recipient, id, type: "retry", t: seconds(ctx.clock.now()) }, [
    node("retry", { count: String(count), id, t: seconds(copy.arrivedAt), v: "1" }),
    node("registration", {}, bigEndian(bundle.registrationId, 4)),
    node("keys", {}, bundleNodes(bundle, false)),
  ]);
  pushReceipt(ctx, account, device, receipt);
};

/** Reads a copy as its recipient: shows the text and answers with receipts, or asks for it again. */
export const readAsRecipient = async (ctx: Context, copy: Copy, sent: Sent): Promise<void> => {
  const { account, id, reader } = copy;
  if (!reader.online) return hold(ctx, copy, sent.to);
  let message: proto.Message;
  try {
    message = await decrypt(ctx, copy);
  } catch {
    // A client that was killed between the write and its own commit encrypts the same id with a key that is used up.
    if (countAgain(reader, account.phone, id)) planReceipts(ctx, account, reader, sent, copy.arrivedAt);
    else {
      sent.undecryptable = true;
      if (sent.retries < MAX_RETRIES) askAgain(ctx, copy, sent.to, ++sent.retries);
    }
    ctx.store.touch();
    return;
  }
  sent.undecryptable = false;
  const text = textOf(message);
  sent.text ??= text ?? "";
  if (text !== undefined) {
    show(reader, account.phone, { id, fromMe: false, text, at: copy.arrivedAt, status: "delivered" });
  }
  planReceipts(ctx, account, reader, sent, copy.arrivedAt);
  ctx.store.touch();
};

/** Reads the copy that a linked device sends its own phone of everything it writes. */
export const readAsOwnPhone = async (ctx: Context, copy: Copy, to: string, retry: number): Promise<void> => {
  const { account, id, reader } = copy;
  if (!reader.online) return hold(ctx, copy, to);
  const peer = readJid(to)?.phone;
  let message: proto.Message;
  try {
    message = await decrypt(ctx, copy);
  } catch {
    const seen = peer !== undefined && countAgain(reader, peer, id);
    if (!seen && retry < MAX_RETRIES) askAgain(ctx, copy, pnJid(account.phone), retry + 1, to);
    return;
  }
  const copied = message.deviceSentMessage?.message;
  const text = copied ? textOf(copied) : undefined;
  if (peer && text !== undefined) {
    const status = account.sent.get(peer)?.get(id)?.readAt ? "read" : "sent";
    show(reader, peer, { id, fromMe: true, text, at: copy.arrivedAt, status });
  }
  planSenderReceipt(ctx, copy, to);
  ctx.store.touch();
};
