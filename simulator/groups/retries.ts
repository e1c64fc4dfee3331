import type { BinaryNode } from "@whiskeysockets/baileys";
import { pushReceipt } from "../chats/receipts.ts";
import type { Client, Context } from "../service/context.ts";
import { children, node, seconds } from "../wire/nodes.ts";
import type { Pending } from "../world/schema.ts";
import type { Bundle } from "../world/signal.ts";
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
