import type { proto } from "@whiskeysockets/baileys";
import { type Content, compose } from "../content/composing.ts";
import { businessAt, messageId } from "../graph/numbers.ts";
import { businessHears } from "../graph/receive.ts";
import { writeToGroup } from "../groups/writing.ts";
import type { Context } from "../service/context.ts";
import { isGroup, lidJid, pnJid } from "../wire/jids.ts";
import type { Account, Phone } from "../world/schema.ts";
import { mark } from "./receipts.ts";
import { show } from "./showing.ts";
import { writeToAccount, writeToDevice } from "./writing.ts";

/** To each device linked to the phone that writes: they show what their own phone sent. */
const toOwnDevices = async (
  ctx: Context,
  phone: Phone,
  own: Account,
  to: string,
  id: string,
  message: proto.IMessage,
) => {
  const copy = { deviceSentMessage: { destinationJid: pnJid(to), message } };
  // Never sender_lid on an own copy: the client would pair our LID with the other side's number.
  const attrs = { id, from: pnJid(own.phone), recipient: pnJid(to), peer_recipient_lid: lidJid(to) };
  for (const device of own.devices.values()) await writeToDevice(ctx, phone, own, device, attrs, copy);
};

/**
 * A person writes on their phone to another number, or to a group: it shows on both phones, and on every device that is linked to one of
 * them, encrypted for each. Returns the message's id.
 */
export const phoneWrites = async (ctx: Context, phone: Phone, to: string, content: Content): Promise<string> => {
  if (isGroup(to)) return writeToGroup(ctx, phone, to, content);
  const business = businessAt(ctx, to);
  const id = business ? messageId(ctx, phone.phone, "in") : ctx.random.messageId(phone.phone);
  const jidOf = phone.addressing === "lid" ? lidJid : pnJid;
  const { shown, messageFor } = await compose(ctx, phone, to, content, (number) => jidOf(number));
  const heading = { id, at: ctx.clock.now() };
  show(phone, to, { ...heading, ...shown, fromMe: true, status: "sent" });
  ctx.store.touch();
  const account = ctx.store.accounts.get(to);
  const own = ctx.store.accounts.get(phone.phone);
  if (own) await toOwnDevices(ctx, phone, own, to, id, messageFor(own.phone));
  if (account?.blocked.includes(phone.phone)) return id;
  if (business) businessHears(ctx, business, phone, { ...heading, ...shown });
  else show(ctx.store.phone(to), phone.phone, { ...heading, ...shown, fromMe: false, status: "delivered" });
  if (account) await writeToAccount(ctx, phone, account, id, messageFor(account.phone));
  mark(ctx, phone.phone, to, id, "delivered");
  return id;
};
