import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import type { Client, Context } from "../service/context.ts";
import { lidJid, readJid } from "../wire/jids.ts";
import { children, node, refusal, result } from "../wire/nodes.ts";

const CATEGORIES = ["last", "online", "profile", "status", "groupadd", "readreceipts", "calladd", "messages"];

/** Who may see and do what: the account's settings, `all` unless it changed them; privacy tokens are taken. */
export const answerPrivacy = (ctx: Context, { account }: Client, iq: BinaryNode): BinaryNode => {
  if (getBinaryNodeChild(iq, "tokens")) return result(iq);
  const privacy = getBinaryNodeChild(iq, "privacy");
  if (!privacy) return refusal(iq, 400, "bad-request");
  for (const { attrs } of children(privacy)) {
    if (!attrs.name || !attrs.value || !CATEGORIES.includes(attrs.name)) return refusal(iq, 400, "bad-request");
    account.privacy.set(attrs.name, attrs.value);
  }
  ctx.store.touch();
  const categories = CATEGORIES.map((name) => node("category", { name, value: account.privacy.get(name) ?? "all" }));
  return result(iq, [node("privacy", {}, categories)]);
};

/** Whom the account blocked: their messages do not arrive. */
export const answerBlocklist = (ctx: Context, { account }: Client, iq: BinaryNode): BinaryNode => {
  if (iq.attrs.type === "set") {
    const { jid, action } = getBinaryNodeChild(iq, "item")?.attrs ?? {};
    const person = readJid(jid);
    if (!person || (action !== "block" && action !== "unblock")) return refusal(iq, 400, "bad-request");
    const others = account.blocked.filter((phone) => phone !== person.phone);
    account.blocked = action === "block" ? [...others, person.phone] : others;
    ctx.store.touch();
  }
  const items = account.blocked.map((phone) => node("item", { jid: lidJid(phone) }));
  return result(iq, [node("list", {}, items)]);
};
