import type { AccountView, SentView } from "../contract/accounts.ts";
import type { ChatView, PhoneView } from "../contract/phones.ts";
import type { Context } from "../service/context.ts";
import { isGroup, lidJid } from "../wire/jids.ts";
import type { Account, Phone } from "../world/schema.ts";

/** The chats of a phone, messages in order of time. */
export const chatsView = (ctx: Context, phone: Phone | undefined): ChatView[] =>
  [...(phone?.chats ?? [])].map(([peer, messages]) => ({
    with: peer,
    name: ctx.store.groups.get(peer)?.subject ?? ctx.store.knownPhone(peer)?.name ?? null,
    messages: [...messages.values()].sort((a, b) => a.at - b.at),
  }));

export const accountView = (ctx: Context, account: Account): AccountView => {
  const live = new Set(ctx.delivery.liveClients(account).map((client) => client.device));
  return {
    phone: account.phone,
    name: ctx.store.phone(account.phone).name,
    lid: lidJid(account.phone),
    passkey: account.passkey,
    devices: [...account.devices.values()].map((device) => ({
      id: device.id,
      connected: live.has(device),
      platform: device.platform,
      linkedAt: device.linkedAt,
    })),
    uploads: ctx.media.uploadedBy.get(account.phone) ?? 0,
    delays: account.delays,
    faults: ctx.faultsOf(account.phone).inForce,
  };
};

export const phoneView = (phone: Phone): PhoneView => ({
  phone: phone.phone,
  lid: lidJid(phone.phone),
  name: phone.name,
  onWhatsApp: phone.onWhatsApp,
  readReceipts: phone.readReceipts,
  addressing: phone.addressing,
  online: phone.online,
  aliasOf: phone.aliasOf,
  generation: phone.generation,
});

export const sentView = (account: Account): SentView[] =>
  [...account.sent].map(([phone, messages]) => ({
    phone,
    lid: isGroup(phone) ? phone : lidJid(phone),
    messages: [...messages.values()].map((sent) => ({
      id: sent.id,
      text: sent.text,
      copies: sent.copies,
      acked: sent.acked,
      receivedAt: sent.receivedAt,
      deliveredAt: sent.deliveredAt,
      readAt: sent.readAt,
      undecryptable: sent.undecryptable,
      participants: [...sent.participants].map(([participant, { deliveredAt, readAt, undecryptable }]) => ({
        phone: participant,
        deliveredAt,
        readAt,
        undecryptable,
      })),
    })),
  }));
