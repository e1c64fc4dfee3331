import { arriveHeld } from "../graph/statuses.ts";
import { readInGroup } from "../groups/reading.ts";
import type { Context } from "../service/context.ts";
import { removeDevice } from "../service/devices.ts";
import { isGroup, lidJid, pnJid, readJid } from "../wire/jids.ts";
import { node, seconds } from "../wire/nodes.ts";
import { Entries } from "../world/entries.ts";
import type { Phone } from "../world/schema.ts";
import { heldCopy } from "./held.ts";
import { readAsOwnPhone, readAsRecipient } from "./reading.ts";

/** Turns a phone off, or on: then it reads what waited for it, in the order it came. */
export const setPower = (ctx: Context, phone: Phone, online: boolean): void => {
  phone.online = online;
  if (!online) return;
  arriveHeld(ctx, phone);
  for (const held of phone.held.splice(0)) {
    const copy = heldCopy(ctx, phone, held);
    if (!copy) continue;
    const chat = readJid(held.to)?.phone;
    const sent = chat === undefined ? undefined : copy.account.sent.get(chat)?.get(held.id);
    if (isGroup(held.to)) ctx.work.add(() => readInGroup(ctx, copy, held.to));
    else if (held.account === phone.phone) ctx.work.add(() => readAsOwnPhone(ctx, copy, held.to, 0));
    else if (sent) ctx.work.add(() => readAsRecipient(ctx, copy, sent));
  }
  ctx.store.touch();
};

/**
 * The person installs WhatsApp anew: the phone has other identity keys and no sessions. Whoever has a chat with it is told
 * so; an account's linked devices are logged out.
 */
export const reinstall = (ctx: Context, phone: Phone): void => {
  phone.generation++;
  phone.sessions = new Entries();
  phone.senderKeys = new Entries();
  phone.ownSenderKeys = new Entries();
  const own = ctx.store.accounts.get(phone.phone);
  if (own) for (const device of own.devices.values()) removeDevice(ctx, own, device);
  for (const account of ctx.store.accounts.values()) {
    if (account === own || !ctx.store.phone(account.phone).chats.has(phone.phone)) continue;
    for (const device of account.devices.values()) {
      const id = ctx.random.uuid("identity change", phone.phone);
      const attrs = {
        from: pnJid(phone.phone),
        lid: lidJid(phone.phone),
        type: "encrypt",
        id,
        t: seconds(ctx.clock.now()),
      };
      const stanza = node("notification", attrs, [node("identity")]);
      ctx.delivery.push(account, device, `notification:${id}`, stanza, { kind: "notification" });
    }
  }
  ctx.store.saveNow();
};
