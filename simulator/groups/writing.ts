import type { proto } from "@whiskeysockets/baileys";
import { show } from "../chats/showing.ts";
import { encryptAgain, encryptFor, mediaTypeOf } from "../chats/writing.ts";
import { type Content, compose } from "../content/composing.ts";
import { readMessage, writeMessage } from "../content/texts.ts";
import type { Client, Context } from "../service/context.ts";
import { node, seconds } from "../wire/nodes.ts";
import type { Account, Device, Pending, Phone } from "../world/schema.ts";
import type { Bundle } from "../world/signal.ts";
import { GroupRefused } from "./refused.ts";
import { authorAttributes, memberJid } from "./rules.ts";
import type { Group, OwnSenderKey, Participant } from "./schema.ts";
import { distributionOf, newSenderKey, writeWithSenderKey } from "./sender-keys.ts";

interface Post {
  phone: Phone;
  group: Group;
  author: Participant;
  id: string;
  plain: Buffer;
  mediaType: string | undefined;
}

const keyOf = (phone: Phone, group: Group): OwnSenderKey => {
  const key = phone.ownSenderKeys.get(group.id) ?? newSenderKey();
  phone.ownSenderKeys.set(group.id, key);
  return key;
};

const distribution = (groupId: string, bytes: Buffer): proto.IMessage => ({
  senderKeyDistributionMessage: { groupId, axolotlSenderKeyDistributionMessage: bytes },
});

const deviceName = (account: Account, device: Device): string => `${account.phone}:${device.id}`;

/** Encrypts a message once for the group, and the sender key for each linked device that does not have it yet. */
const spread = async (ctx: Context, post: Post): Promise<void> => {
  const { phone, group, author, id, plain, mediaType } = post;
  const key = keyOf(phone, group);
  const keyMessage = distribution(group.id, distributionOf(key));
  const shared = node("enc", { v: "2", type: "skmsg", mediatype: mediaType }, writeWithSenderKey(key, plain));
  for (const { phone: number } of group.participants.values()) {
    const account = ctx.store.accounts.get(number);
    for (const device of account?.devices.values() ?? []) {
      if (!account) continue;
      const name = deviceName(account, device);
      const told = key.told.includes(name);
      const own = told ? [] : [await encryptFor(ctx, phone, account, device, writeMessage(keyMessage, ctx.random))];
      if (!told) key.told.push(name);
      const attrs = {
        from: group.id,
        id,
        type: mediaType ? "media" : "text",
        t: seconds(ctx.clock.now()),
        notify: phone.name ?? undefined,
        ...authorAttributes(group, author, number),
      };
      ctx.delivery.push(account, device, `message:${id}`, node("message", attrs, [...own, shared]), {
        origin: { phone: phone.phone, plain: plain.toString("base64") },
      });
    }
  }
};

/** The group a person may write to. Throws GroupRefused when it is not there, or they are not in it. */
const membership = (ctx: Context, phone: Phone, groupId: string): { group: Group; author: Participant } => {
  const group = ctx.store.groups.get(groupId);
  if (!group) throw new GroupRefused(404, `There is no group ${groupId}: make it with POST /groups.`);
  const author = group.participants.get(phone.phone);
  if (!author) throw new GroupRefused(403, `${phone.phone} is not in ${group.subject}: add it before it writes.`);
  return { group, author };
};

/**
 * A person writes on their phone to a group: it shows on every participant's phone, and on every device that is linked to
 * one of them. Returns the message's id. Throws GroupRefused when the person is not in the group.
 */
export const writeToGroup = async (ctx: Context, phone: Phone, groupId: string, content: Content): Promise<string> => {
  const { group, author } = membership(ctx, phone, groupId);
  const id = ctx.random.messageId(phone.phone);
  const { shown, messageFor } = await compose(ctx, phone, group.id, content, (number) => memberJid(group, number));
  const heading = { id, at: ctx.clock.now(), author: phone.phone, status: "delivered", ...shown } as const;
  for (const { phone: number } of group.participants.values()) {
    show(ctx.store.phone(number), group.id, { ...heading, fromMe: number === phone.phone });
  }
  ctx.store.touch();
  const message = messageFor();
  const post = {
    phone,
    group,
    author,
    id,
    plain: writeMessage(message, ctx.random),
    mediaType: mediaTypeOf(message),
  };
  // In turn: two messages of one phone must leave in the order their keys have.
  await new Promise<void>((resolve, reject) => {
    ctx.work.add(() => spread(ctx, post).then(resolve, reject));
  });
  return id;
};

/**
 * A device could not read what a phone wrote to a group: it gets the message once more, encrypted for it alone, with a new
 * sender key in it. The other devices get that key with the next message.
 */
export const repeatInGroup = async (
  ctx: Context,
  client: Client,
  groupId: string,
  pending: Pending,
  bundle?: Bundle,
): Promise<void> => {
  const { origin } = pending;
  if (!origin || !("phone" in origin)) return;
  const phone = ctx.store.phone(origin.phone);
  const key = newSenderKey();
  key.told.push(deviceName(client.account, client.device));
  phone.ownSenderKeys.set(groupId, key);
  const message = readMessage(Buffer.from(origin.plain, "base64"));
  Object.assign(message, distribution(groupId, distributionOf(key)));
  pending.origin = { phone: phone.phone, plain: writeMessage(message, ctx.random).toString("base64") };
  await encryptAgain(ctx, client, pending, bundle);
};
