import { readByPerson } from "../graph/statuses.ts";
import { seenInGroup } from "../groups/receipts.ts";
import type { Context } from "../service/context.ts";
import type { Phone } from "../world/schema.ts";
import { mark, markRead } from "./receipts.ts";

/**
 * The person opens a chat: everything in it becomes read, and who wrote it sees so unless the phone sends no read
 * receipts. Returns how many messages were unread.
 */
export const openChat = (ctx: Context, phone: Phone, peer: string): number => {
  const unread = [...(phone.chats.get(peer)?.values() ?? [])].filter((each) => !each.fromMe && each.status !== "read");
  for (const message of unread) {
    message.status = "read";
    if (!phone.readReceipts) continue;
    const writer = message.author ?? peer;
    if (ctx.store.groups.has(peer)) {
      seenInGroup(ctx, peer, writer, phone.phone, message.id);
      continue;
    }
    const account = ctx.store.accounts.get(writer);
    const sent = account?.sent.get(phone.phone)?.get(message.id);
    if (account && sent) markRead(ctx, account, phone, sent);
    else if (!readByPerson(ctx, message.id)) mark(ctx, writer, phone.phone, message.id, "read");
  }
  if (unread.length) ctx.store.touch();
  return unread.length;
};
