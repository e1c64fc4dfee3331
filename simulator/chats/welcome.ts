import { deflateSync } from "node:zlib";
import { proto } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { isGroup, lidJid, pnJid } from "../wire/jids.ts";
import { derive } from "../wire/keys.ts";
import type { Account, Device } from "../world/schema.ts";
import { writeToDevice } from "./writing.ts";

const KEY_ID_BYTES = 6;

/** One key a account, whatever links to it: a second device can read the first one's app state. */
const appStateKey = (ctx: Context, account: Account): proto.Message.IAppStateSyncKey => ({
  keyId: { keyId: derive(ctx.store.secret, "app state key id", account.phone).subarray(0, KEY_ID_BYTES) },
  keyData: {
    keyData: derive(ctx.store.secret, "app state key", account.phone),
    fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] },
    timestamp: ctx.clock.now(),
  },
});

/** The phone's chats as the first history chunk: who they are with, no messages. */
const history = (ctx: Context, account: Account): Uint8Array => {
  const chats = [...ctx.store.phone(account.phone).chats.keys()];
  const peers = chats.filter((chat) => !isGroup(chat)).map((number) => ctx.store.phone(number));
  const groups = [...ctx.store.groups.values()].filter(({ participants }) => participants.has(account.phone));
  return proto.HistorySync.encode({
    syncType: proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP,
    conversations: [
      ...peers.map((peer) => ({
        id: pnJid(peer.phone),
        name: peer.name,
        pnJid: pnJid(peer.phone),
        lidJid: lidJid(peer.phone),
      })),
      ...groups.map(({ id, subject }) => ({ id, name: subject })),
    ],
    phoneNumberToLidMappings: peers.map((peer) => ({ pnJid: pnJid(peer.phone), lidJid: lidJid(peer.phone) })),
    chunkOrder: 1,
    progress: 100,
  }).finish();
};

/** What the phone itself sends a device that was just linked; without the history the client holds its events for 20 s. */
export const welcome = async (ctx: Context, account: Account, device: Device): Promise<void> => {
  if (device.welcomed) return;
  device.welcomed = true;
  const phone = ctx.store.phone(account.phone);
  const { Type } = proto.Message.ProtocolMessage;
  const messages: proto.Message.IProtocolMessage[] = [
    { type: Type.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare: { keys: [appStateKey(ctx, account)] } },
    {
      type: Type.HISTORY_SYNC_NOTIFICATION,
      historySyncNotification: {
        syncType: proto.Message.HistorySyncType.INITIAL_BOOTSTRAP,
        initialHistBootstrapInlinePayload: deflateSync(history(ctx, account)),
        chunkOrder: 1,
        progress: 100,
      },
    },
  ];
  for (const protocolMessage of messages) {
    const attrs = {
      id: ctx.random.messageId(account.phone),
      from: pnJid(account.phone),
      category: "peer",
      notify: phone.name ?? account.phone,
    };
    await writeToDevice(ctx, phone, account, device, attrs, { protocolMessage });
  }
};
