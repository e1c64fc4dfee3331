import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from "@whiskeysockets/baileys";
import { cutBefore } from "../faults/stream-errors.ts";
import { groupPlace } from "../groups/outgoing.ts";
import { countNewChat, limitRefusal } from "../limits/limits.ts";
import type { Client, Context } from "../service/context.ts";
import { type Address, isGroup, lidJid, pnJid, readJid } from "../wire/jids.ts";
import { children, node, seconds } from "../wire/nodes.ts";
import { Entries } from "../world/entries.ts";
import type { Account, Sent } from "../world/schema.ts";
import { ack, answer, takeBack } from "./acks.ts";
import { readAsOwnPhone, readAsRecipient } from "./reading.ts";

/** Codes of error acks. That a number without WhatsApp gives 404 is an assumption, not something seen on the real server. */
const NOT_SUPPORTED = "400";
const NOT_ON_WHATSAPP = "404";

/** The ciphertexts of a message stanza, with the device each is for. */
const ciphertexts = (message: BinaryNode): { to: Address; enc: BinaryNode }[] => {
  const direct = getBinaryNodeChild(message, "enc");
  const parts = direct
    ? [{ jid: message.attrs.to, enc: direct }]
    : getBinaryNodeChildren(getBinaryNodeChild(message, "participants"), "to").map((part) => ({
        jid: part.attrs.jid,
        enc: getBinaryNodeChild(part, "enc"),
      }));
  return parts.flatMap(({ jid, enc }) => {
    const to = readJid(jid);
    return to && enc ? [{ to, enc }] : [];
  });
};

/** Where a message goes: to a person, or to a group. */
export interface Place {
  /** What its record is kept under: a number, or the group's id. */
  with: string;
  /** As the client addressed it. */
  to: string;
  /** The code of the ack when it cannot be taken. */
  refused: string | undefined;
  /** Spreads the message, once it is taken, to the devices it was encrypted for. */
  take: (sent: Sent) => void;
}

const recordOf = (ctx: Context, account: Account, phone: string, id: string, to: string): Sent => {
  const messages = account.sent.get(phone) ?? new Entries<Sent>();
  account.sent.set(phone, messages);
  const known = messages.get(id);
  if (known) return known;
  const sent: Sent = {
    id,
    to,
    text: null,
    copies: 0,
    taken: false,
    acked: false,
    receivedAt: ctx.clock.now(),
    deliveredAt: null,
    readAt: null,
    undecryptable: false,
    retries: 0,
    due: { delivered: null, read: null },
    participants: new Entries(),
  };
  messages.set(id, sent);
  return sent;
};

/** Hands a ciphertext to another linked device, of the recipient or of the sender, as the real server does. */
const forward = (ctx: Context, client: Client, message: BinaryNode, chat: Address, to: Address, enc: BinaryNode) => {
  const { account, device } = client;
  const target = ctx.store.accounts.get(to.phone);
  const targetDevice = target?.devices.get(String(to.device));
  if (!target || !targetDevice) {
    const text = `Message ${message.attrs.id} has a copy for device ${to.device} of ${to.phone}, which is not linked.`;
    ctx.journal.record("refused", text, { phone: account.phone, device: device.id });
    return;
  }
  const { id, type } = message.attrs;
  const byLid = chat.by === "lid";
  const own = to.phone === account.phone;
  // Never sender_lid on an own copy: the client would pair our LID with the other side's number.
  const alternative = own
    ? { recipient: byLid ? lidJid(chat.phone) : pnJid(chat.phone), ...peerAlternative(chat) }
    : byLid
      ? { sender_pn: pnJid(account.phone), addressing_mode: "lid" }
      : { sender_lid: lidJid(account.phone) };
  const from = byLid ? lidJid(account.phone, device.id) : pnJid(account.phone, device.id);
  const notify = ctx.store.phone(account.phone).name ?? undefined;
  const stanza = node("message", { from, id, type, t: seconds(ctx.clock.now()), notify, ...alternative }, [
    enc,
    ...getBinaryNodeChildren(message, "device-identity"),
  ]);
  const origin = { account: account.phone, device: device.id };
  ctx.delivery.push(target, targetDevice, `message:${id}`, stanza, { origin });
};

const peerAlternative = (chat: Address): Record<string, string> =>
  chat.by === "lid" ? { peer_recipient_pn: pnJid(chat.phone) } : { peer_recipient_lid: lidJid(chat.phone) };

/** Spreads a taken message to the devices it was encrypted for; decryption waits in the work queue. */
const take = (ctx: Context, client: Client, message: BinaryNode, chat: Address, sent: Sent): void => {
  const { account, device } = client;
  const arrivedAt = ctx.clock.now();
  const to = message.attrs.recipient ?? message.attrs.to ?? "";
  for (const { to: target, enc } of ciphertexts(message)) {
    if (target.device !== 0) {
      forward(ctx, client, message, chat, target, enc);
      continue;
    }
    const copy = { account, device, reader: ctx.store.phone(target.phone), enc, id: sent.id, arrivedAt };
    const retry = Number(enc.attrs.count ?? 0);
    if (target.phone === account.phone) ctx.work.add(() => readAsOwnPhone(ctx, copy, to, retry));
    else if (target.phone === chat.phone) ctx.work.add(() => readAsRecipient(ctx, copy, sent));
    else {
      const text = `Message ${sent.id} to ${chat.phone} has a copy for ${target.phone}, which has no part in it.`;
      ctx.journal.record("refused", text, { phone: account.phone, device: device.id });
    }
  }
};

const pnOrLid = (chat: Address): string => (chat.by === "lid" ? lidJid(chat.phone) : pnJid(chat.phone));

const personPlace = (ctx: Context, client: Client, message: BinaryNode, chat: Address): Place => ({
  with: chat.phone,
  to: pnOrLid(chat),
  // Looked at when the message is about to be taken, not when a fault takes it away before.
  get refused() {
    if (!ctx.store.phone(chat.phone).onWhatsApp) return NOT_ON_WHATSAPP;
    return limitRefusal(ctx, client.account, chat.phone, message.attrs.id ?? "");
  },
  take: (sent) => {
    countNewChat(ctx, client.account, chat.phone);
    take(ctx, client, message, chat, sent);
  },
});

const placeOf = (ctx: Context, client: Client, message: BinaryNode): Place | undefined => {
  const { to, recipient } = message.attrs;
  if (to && isGroup(to)) return groupPlace(ctx, client, message, to);
  const chat = readJid(recipient ?? to);
  return chat && personPlace(ctx, client, message, chat);
};

const receive = (ctx: Context, client: Client, message: BinaryNode, place: Place, id: string): void => {
  const { account, connection } = client;
  const faults = ctx.faultsOf(account.phone);
  const sent = recordOf(ctx, account, place.with, id, place.to);
  // With `recipient` it is the own phone's copy alone, sent again; with `participant` that of one device in a group.
  if (!message.attrs.recipient && !message.attrs.participant) sent.copies++;
  ctx.store.touch();
  const about = [`message ${id}`, `copy ${sent.copies}`];
  const refused = faults.strikes("nack", ...about)?.code.toString() ?? place.refused;
  if (refused) {
    ack(ctx, client, message, refused);
    return;
  }
  const back = faults.strikes("takeBack", ...about);
  if (back) {
    takeBack(ctx, client, message, sent, back);
    return;
  }
  place.take(sent);
  sent.taken = true;
  if (faults.strikes("dropAfter", ...about)) connection.drop();
  else answer(ctx, client, message, sent);
  if (faults.freezes(id)) connection.freeze();
};

/** What a linked device writes: taken, refused or lost as the account's faults say, then acked. */
export const handleMessage = (ctx: Context, client: Client, message: BinaryNode): void => {
  const { id, category } = message.attrs;
  const place = placeOf(ctx, client, message);
  if (!id || !place || children(message).length === 0) {
    ctx.journal.record("refused", message, { phone: client.account.phone, device: client.device.id });
    ack(ctx, client, message, NOT_SUPPORTED);
  }
  // Requests to the own phone (old history, placeholders): it takes them and has nothing to say.
  else if (category === "peer") ack(ctx, client, message);
  else {
    ctx.names.add(client.account.phone, place.with, id);
    if (!cutBefore(ctx, client, id)) receive(ctx, client, message, place, id);
  }
};
