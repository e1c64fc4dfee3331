import type { BinaryNode, proto } from "@whiskeysockets/baileys";
import { readMessage } from "../content/texts.ts";
import { businessAt } from "../graph/numbers.ts";
import { businessHearsDevice } from "../graph/receive.ts";
import type { Context } from "../service/context.ts";
import { pnJid, readJid } from "../wire/jids.ts";
import { bigEndian, bytesOf, node, seconds } from "../wire/nodes.ts";
import type { Account, Device, Phone, Sent } from "../world/schema.ts";
import { bundleNodes } from "../world/signal.ts";
import { hold } from "./held.ts";
import { planReceipts, planSenderReceipt, pushReceipt } from "./receipts.ts";
import { countAgain, showMessage } from "./showing.ts";

/** The client stops re-sending after five requests for one message. */
export const MAX_RETRIES = 5;

/** One ciphertext for one simulated phone. */
export interface Copy {
  account: Account;
  device: Device;
  reader: Phone;
  enc: BinaryNode;
  id: string;
  arrivedAt: number;
}

const decrypt = async (ctx: Context, copy: Copy): Promise<proto.Message> => {
  const { account, device, enc, reader } = copy;
  const body = bytesOf(enc);
  if (!body) throw new Error("an <enc> without a body");
  return readMessage(await ctx.signal.decrypt(reader, account.phone, device.id, enc.attrs.type ?? "", body));
};

/** Asks the sending device to encrypt a message again, with the keys of a new session. */
export const askAgain = (
  ctx: Context,
  copy: Copy,
  from: { from: string; recipient?: string; participant?: string },
  count: number,
): void => {
  const { account, device, id, reader } = copy;
  const bundle = ctx.signal.bundle(reader);
  const receipt = node("receipt", { ...from, id, type: "retry", t: seconds(ctx.clock.now()) }, [
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
      if (sent.retries < MAX_RETRIES) askAgain(ctx, copy, { from: sent.to }, ++sent.retries);
    }
    ctx.store.touch();
    return;
  }
  sent.undecryptable = false;
  const heading = { id, by: account.phone, fromMe: false, at: copy.arrivedAt, status: "delivered" } as const;
  const first = sent.text === null;
  const text = await showMessage(ctx, reader, account.phone, heading, message);
  sent.text ??= text ?? "";
  const business = first ? businessAt(ctx, reader.phone) : undefined;
  if (business) businessHearsDevice(ctx, business, ctx.store.phone(account.phone), id, message);
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
    if (!seen && retry < MAX_RETRIES) askAgain(ctx, copy, { from: pnJid(account.phone), recipient: to }, retry + 1);
    return;
  }
  const copied = message.deviceSentMessage?.message;
  if (peer && copied) {
    const sent = account.sent.get(peer)?.get(id);
    const status = sent?.readAt ? "read" : "sent";
    const heading = { id, by: account.phone, fromMe: true, at: copy.arrivedAt, status } as const;
    const text = await showMessage(ctx, reader, peer, heading, copied);
    // A message to oneself: this copy is the only one, and there is nobody else to receive it.
    if (sent && peer === account.phone) {
      sent.text ??= text ?? "";
      sent.deliveredAt ??= ctx.clock.now();
    }
  }
  planSenderReceipt(ctx, copy, to);
  ctx.store.touch();
};
