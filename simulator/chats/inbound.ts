import { type BinaryNode, extractE2ESessionFromRetryReceipt, getBinaryNodeChild } from "@whiskeysockets/baileys";
import { readByPerson } from "../graph/statuses.ts";
import { readInGroupBy } from "../groups/receipts.ts";
import { retryInGroup } from "../groups/retries.ts";
import type { Client, Context } from "../service/context.ts";
import { isGroup, pnJid, readJid } from "../wire/jids.ts";
import { children, node, seconds } from "../wire/nodes.ts";
import type { Bundle } from "../world/signal.ts";
import { ackedReceiptKey, mark, markRead, pushReceipt } from "./receipts.ts";
import { encryptAgain } from "./writing.ts";

/** The client's word for "this ciphertext was read before". */
const OLD_COUNTER = "487";
/** What a client says about a message it got; without a type it just has it. "retry" is dealt with apart. */
const RECEIPTS = new Set(["", "inactive", "sender", "read", "read-self", "played", "peer_msg", "hist_sync"]);

/** Writes down what a client said that nothing here acts on. */
const recordUnknown = (ctx: Context, { account, device }: Client, stanza: BinaryNode): void =>
  ctx.journal.record("unknown stanza", stanza, { phone: account.phone, device: device.id });

/** The bundle a client puts in its retry receipt, from the second try on. */
const retryBundle = (receipt: BinaryNode): Bundle | undefined => {
  const session = extractE2ESessionFromRetryReceipt(receipt);
  if (!session) return undefined;
  const raw = (key: Uint8Array) => Buffer.from(key).subarray(-32);
  return {
    registrationId: session.registrationId,
    identity: raw(session.identityKey),
    signed: {
      id: session.signedPreKey.keyId,
      value: raw(session.signedPreKey.publicKey),
      signature: Buffer.from(session.signedPreKey.signature),
    },
    oneTime: session.preKey && { id: session.preKey.keyId, value: raw(session.preKey.publicKey) },
  };
};

const askOrigin = (ctx: Context, client: Client, receipt: BinaryNode, origin: { account: string; device: number }) => {
  const account = ctx.store.accounts.get(origin.account);
  const device = account?.devices.get(String(origin.device));
  if (!account || !device) return;
  const from = pnJid(client.account.phone, client.device.id);
  const { id, recipient } = receipt.attrs;
  pushReceipt(
    ctx,
    account,
    device,
    node("receipt", { from, id, type: "retry", recipient, t: seconds(ctx.clock.now()) }, children(receipt)),
  );
};

const handleRetry = (ctx: Context, client: Client, receipt: BinaryNode): void => {
  const pending = client.device.pending.get(`message:${receipt.attrs.id}`);
  if (!pending?.origin) {
    const text = `Message ${receipt.attrs.id} is asked for again, but nothing of it is kept.`;
    ctx.journal.record("undecryptable", text, { phone: client.account.phone, device: client.device.id });
    return;
  }
  if (isGroup(receipt.attrs.to ?? "")) retryInGroup(ctx, client, receipt, pending, retryBundle(receipt));
  else if ("account" in pending.origin) askOrigin(ctx, client, receipt, pending.origin);
  else ctx.work.add(() => encryptAgain(ctx, client, pending, retryBundle(receipt)));
};

const receiptIds = (receipt: BinaryNode): string[] => [
  ...(receipt.attrs.id ? [receipt.attrs.id] : []),
  ...children(getBinaryNodeChild(receipt, "list")).flatMap((item) => item.attrs.id ?? []),
];

/** The reader is an account: its contact, or the account that wrote, sees that the message was read. */
const clientRead = (ctx: Context, client: Client, writer: string, id: string): void => {
  const reader = client.account.phone;
  const account = ctx.store.accounts.get(writer);
  const sent = account?.sent.get(reader)?.get(id);
  if (account && sent) markRead(ctx, account, ctx.store.phone(reader), sent);
  else if (!readByPerson(ctx, id)) mark(ctx, writer, reader, id, "read");
};

/** What a client says about a message it got: that it has it, has read it, or could not. */
export const handleReceipt = (ctx: Context, client: Client, receipt: BinaryNode): void => {
  const { type, to, id } = receipt.attrs;
  client.connection.send(node("ack", { class: "receipt", id, from: to, type, t: seconds(ctx.clock.now()) }));
  if (type === "retry") {
    handleRetry(ctx, client, receipt);
    return;
  }
  if (!RECEIPTS.has(type ?? "")) recordUnknown(ctx, client, receipt);
  const writer = readJid(to)?.phone;
  for (const each of receiptIds(receipt)) {
    ctx.delivery.confirm(client.device, `message:${each}`);
    if (type !== "read") continue;
    if (writer) clientRead(ctx, client, writer, each);
    else readInGroupBy(ctx, client, receipt, each);
  }
};

const handleMessageAck = (ctx: Context, client: Client, { id, error }: BinaryNode["attrs"]): void => {
  const pending = client.device.pending.get(`message:${id}`);
  if (!pending) return;
  // A ciphertext that was never on a wire before cannot have been read before: our session is the one that went back.
  const wentBack = error === OLD_COUNTER && pending.attempts === 1;
  // After a retry request the client still refuses the old ciphertext; the new one is on its way.
  const repaired = error !== undefined && pending.retries > 0;
  if (wentBack) ctx.work.add(() => encryptAgain(ctx, client, pending));
  else if (!repaired) ctx.delivery.confirm(client.device, `message:${id}`);
};

/** What a client confirms with an ack: receipts and notifications, and messages it refuses. */
export const handleAck = (ctx: Context, client: Client, ack: BinaryNode): void => {
  const { class: subject, id } = ack.attrs;
  if (subject === "receipt") ctx.delivery.confirm(client.device, ackedReceiptKey(ack));
  else if (subject === "notification") ctx.delivery.confirm(client.device, `notification:${id}`);
  else if (subject === "message") handleMessageAck(ctx, client, ack.attrs);
  else recordUnknown(ctx, client, ack);
};
