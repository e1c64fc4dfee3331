import type { BinaryNode } from "@whiskeysockets/baileys";
import { pushReceipt } from "../chats/receipts.ts";
import type { Client, Context } from "../service/context.ts";
import { readJid } from "../wire/jids.ts";
import { children, node, seconds } from "../wire/nodes.ts";
import type { Pending } from "../world/schema.ts";
import type { Bundle } from "../world/signal.ts";
import { markReadInGroup, readBy } from "./receipts.ts";
import { memberJid } from "./rules.ts";
import { repeatInGroup } from "./writing.ts";

/** A client could not read a message in a group: who wrote it encrypts it again, a phone at once, a linked device when asked. */
export const retryInGroup = (
  ctx: Context,
  client: Client,
  receipt: BinaryNode,
  pending: Pending,
  bundle: Bundle | undefined,
): void => {
  const group = ctx.store.groups.get(receipt.attrs.to ?? "");
  const { origin } = pending;
  if (!group || !origin) return;
  if ("phone" in origin) {
    ctx.work.add(() => repeatInGroup(ctx, client, group.id, pending, bundle));
    return;
  }
  const account = ctx.store.accounts.get(origin.account);
  const device = account?.devices.get(String(origin.device));
  if (!account || !device) return;
  const attrs = {
    from: group.id,
    participant: memberJid(group, client.account.phone, client.device.id),
    id: receipt.attrs.id,
    type: "retry",
    t: seconds(ctx.clock.now()),
  };
  pushReceipt(ctx, account, device, node("receipt", attrs, children(receipt)));
};

/** A linked device read a message in a group: who wrote it hears so. */
export const readInGroupBy = (ctx: Context, client: Client, receipt: BinaryNode, id: string): void => {
  const group = ctx.store.groups.get(receipt.attrs.to ?? "");
  const author = readJid(receipt.attrs.participant)?.phone;
  if (group && author) seenInGroup(ctx, group.id, author, client.account.phone, id);
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
