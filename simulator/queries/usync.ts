import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import type { Context } from "../service/context.ts";
import { isPhone, lidJid, pnJid, readJid } from "../wire/jids.ts";
import { bytesOf, children, node, result, seconds } from "../wire/nodes.ts";

const onWhatsApp = (ctx: Context, phone: string): boolean => ctx.store.knownPhone(phone)?.onWhatsApp ?? true;

const deviceList = (ctx: Context, phone: string): BinaryNode => {
  const linked = [...(ctx.store.accounts.get(phone)?.devices.values() ?? [])];
  return node("devices", {}, [
    node("device-list", {}, [
      node("device", { id: "0" }),
      ...linked.map(({ id }) => node("device", { id: String(id), "key-index": String(id) })),
    ]),
    node("key-index-list", { ts: seconds(ctx.clock.now()) }),
  ]);
};

/** The number a `<contact>` asks about; people write it in many ways. */
const contactNumber = (user: BinaryNode): string | undefined => {
  const text = bytesOf(getBinaryNodeChild(user, "contact"))?.toString().replace(/[^\d]/g, "");
  const phone = `+${text}`;
  return text && isPhone(phone) ? phone : undefined;
};

/** One `<user>` of the answer; users that are unknown are left out. */
const answerUser = (ctx: Context, asked: Set<string>, user: BinaryNode): BinaryNode[] => {
  if (asked.has("contact")) {
    const phone = contactNumber(user);
    if (!phone) return [];
    // People write some numbers in two ways; the answer names the one WhatsApp knows.
    const known = ctx.store.knownPhone(phone)?.aliasOf ?? phone;
    const type = onWhatsApp(ctx, known) ? "in" : "out";
    return [node("user", { jid: pnJid(known) }, [node("contact", { type })])];
  }
  const address = readJid(user.attrs.jid);
  if (!address || !onWhatsApp(ctx, address.phone)) return [];
  const jid = address.by === "lid" ? lidJid(address.phone) : pnJid(address.phone);
  return [
    node("user", { jid }, [
      ...(asked.has("devices") ? [deviceList(ctx, address.phone)] : []),
      // A hidden identity is not told again to who asks by it.
      ...(asked.has("lid") && address.by === "pn" ? [node("lid", { val: lidJid(address.phone) })] : []),
    ]),
  ];
};

/** Who has WhatsApp, on which devices, under which hidden identity. */
export const answerUsync = (ctx: Context, iq: BinaryNode): BinaryNode => {
  const usync = getBinaryNodeChild(iq, "usync");
  const asked = new Set(children(getBinaryNodeChild(usync, "query")).map((protocol) => protocol.tag));
  const users = children(getBinaryNodeChild(usync, "list")).flatMap((user) => answerUser(ctx, asked, user));
  return result(iq, [node("usync", usync?.attrs, [node("result"), node("list", {}, users)])]);
};
