import type { BinaryNode } from "@whiskeysockets/baileys";
import { businessAt } from "../graph/numbers.ts";
import type { Context } from "../service/context.ts";
import { draw } from "../service/delays.ts";
import { isGroup, lidJid, pnJid, readJid } from "../wire/jids.ts";
import { node, seconds } from "../wire/nodes.ts";
import type { Account, Device, Phone, Sent, Shown } from "../world/schema.ts";

const receiptKey = (receipt: BinaryNode): string =>
  `receipt:${receipt.attrs.id}:${receipt.attrs.type ?? ""}:${receipt.attrs.from}:${receipt.attrs.participant ?? ""}`;

/** The key under which a client's `<ack class="receipt">` confirms a receipt. */
export const ackedReceiptKey = (ack: BinaryNode): string =>
  `receipt:${ack.attrs.id}:${ack.attrs.type ?? ""}:${ack.attrs.to}:${ack.attrs.participant ?? ""}`;

/** Sends a receipt to one device, unless a fault loses it. Retry requests are the phones' own affair and are never lost. */
export const pushReceipt = (ctx: Context, account: Account, device: Device, receipt: BinaryNode): void => {
  const key = receiptKey(receipt);
  const faults = ctx.faultsOf(account.phone);
  if (receipt.attrs.type !== "retry" && faults.strikes("loseReceipts", key, `device ${device.id}`)) return;
  ctx.delivery.push(account, device, key, receipt, { kind: "receipt" });
};

/** Who a recipient's receipts come from: as it was addressed, or its LID if that is how the phone answers. */
const receiptFrom = (recipient: Phone, sent: Sent): string => {
  if (recipient.addressing === "lid") return lidJid(recipient.phone);
  return readJid(sent.to)?.by === "lid" ? lidJid(recipient.phone) : pnJid(recipient.phone);
};

/** Tells every linked device of an account what became of a message it sent. */
export const announce = (ctx: Context, account: Account, recipient: Phone, sent: Sent, type?: "read"): void => {
  const attrs = { from: receiptFrom(recipient, sent), id: sent.id, type, t: seconds(ctx.clock.now()) };
  for (const device of account.devices.values()) pushReceipt(ctx, account, device, node("receipt", attrs));
};

const raise = (message: Shown | undefined, status: "delivered" | "read"): void => {
  if (message && message.status !== "read") message.status = status;
};

/** Marks a message as delivered or read wherever it is shown. */
export const mark = (ctx: Context, from: string, to: string, id: string, status: "delivered" | "read"): void => {
  raise(ctx.store.phone(from).chats.get(to)?.get(id), status);
  if (status === "read") raise(ctx.store.phone(to).chats.get(from)?.get(id), status);
  ctx.store.touch();
};

const deliver = (ctx: Context, account: Account, recipient: Phone, sent: Sent): void => {
  sent.due.delivered = null;
  sent.deliveredAt ??= ctx.clock.now();
  mark(ctx, account.phone, recipient.phone, sent.id, "delivered");
  announce(ctx, account, recipient, sent);
};

/** The recipient opens the chat. */
export const markRead = (ctx: Context, account: Account, recipient: Phone, sent: Sent): void => {
  sent.due.read = null;
  sent.readAt ??= ctx.clock.now();
  mark(ctx, account.phone, recipient.phone, sent.id, "read");
  announce(ctx, account, recipient, sent, "read");
};

/** Unless the person opened the chat before the time. */
const readWhenDue = (ctx: Context, account: Account, recipient: Phone, sent: Sent): void => {
  if (sent.due.read !== null) markRead(ctx, account, recipient, sent);
};

const arm = (ctx: Context, account: Account, recipient: Phone, sent: Sent): void => {
  if (sent.due.delivered !== null) ctx.clock.at(sent.due.delivered, () => deliver(ctx, account, recipient, sent));
  if (sent.due.read !== null) ctx.clock.at(sent.due.read, () => readWhenDue(ctx, account, recipient, sent));
};

/**
 * Plans the receipts of a copy the recipient could read, after the account's delays from `arrivedAt` (ms since 1970). A
 * repeated copy is receipted again, as a real phone does: its first receipts may have been lost.
 */
export const planReceipts = (ctx: Context, account: Account, recipient: Phone, sent: Sent, arrivedAt: number): void => {
  const deliveredMs = draw(ctx, account.delays.deliveredMs, "delivered", sent.id);
  const readMs = draw(ctx, account.delays.readMs, "read", sent.id);
  if (deliveredMs !== null && sent.due.delivered === null) {
    sent.due.delivered = arrivedAt + deliveredMs;
    ctx.clock.at(sent.due.delivered, () => deliver(ctx, account, recipient, sent));
  }
  // A business on the Cloud API reads a message when it says so.
  const reads = recipient.readReceipts && !businessAt(ctx, recipient.phone);
  if (readMs !== null && reads && sent.due.read === null) {
    sent.due.read = arrivedAt + Math.max(readMs, deliveredMs ?? 0);
    ctx.clock.at(sent.due.read, () => readWhenDue(ctx, account, recipient, sent));
  }
};

/** After a restart: the receipts that were still to come. */
export const resumeReceipts = (ctx: Context): void => {
  for (const account of ctx.store.accounts.values()) {
    for (const [number, messages] of account.sent) {
      if (isGroup(number)) continue;
      for (const sent of messages.values()) arm(ctx, account, ctx.store.phone(number), sent);
    }
  }
};

/** The account's own phone got its copy: it tells the device that sent it. */
export const planSenderReceipt = (
  ctx: Context,
  { account, device, id, arrivedAt }: { account: Account; device: Device; id: string; arrivedAt: number },
  to: string,
): void => {
  const deliveredMs = draw(ctx, account.delays.deliveredMs, "sender", id);
  if (deliveredMs === null) return;
  const attrs = { from: pnJid(account.phone), recipient: to, id, type: "sender", t: seconds(ctx.clock.now()) };
  ctx.clock.at(arrivedAt + deliveredMs, () => pushReceipt(ctx, account, device, node("receipt", attrs)));
};
