import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import { welcome } from "../chats/welcome.ts";
import type { Client, Context } from "../service/context.ts";
import { removeDevice } from "../service/devices.ts";
import { readJid } from "../wire/jids.ts";
import { childBytes, children, node, refusal, result } from "../wire/nodes.ts";
import { bundleNodes } from "../world/signal.ts";
import { answerAppState } from "./app-state.ts";
import { bundleOf } from "./bundles.ts";
import { answerBlocklist, answerPrivacy } from "./privacy.ts";
import { answerUsync } from "./usync.ts";

/** AB props the client reads: no privacy token on photos (9666), tokens go to numbers (14303), not needed to write (10518). */
const PROPS = { "10518": "0", "9666": "0", "14303": "0" };

const storeKeys = (ctx: Context, client: Client, iq: BinaryNode): BinaryNode => {
  const { device } = client;
  const rotate = getBinaryNodeChild(iq, "rotate");
  const skey = getBinaryNodeChild(rotate ?? iq, "skey");
  const [id, value, signature] = ["id", "value", "signature"].map((tag) => childBytes(skey, tag));
  if (!id || !value || !signature) return refusal(iq, 400, "bad-request");
  device.signedPreKey = {
    id: id.readUIntBE(0, 3),
    value: value.toString("base64"),
    signature: signature.toString("base64"),
  };
  for (const key of children(getBinaryNodeChild(iq, "list"))) {
    const [keyId, keyValue] = [childBytes(key, "id"), childBytes(key, "value")];
    if (keyId && keyValue) device.preKeys.set(String(keyId.readUIntBE(0, 3)), keyValue.toString("base64"));
  }
  ctx.store.touch();
  return result(iq);
};

const serveKeys = (ctx: Context, iq: BinaryNode, key: BinaryNode): BinaryNode => {
  // A device that is gone is left out: one <error> would make the client give up the whole query.
  const users = children(key).flatMap((user) => {
    const address = readJid(user.attrs.jid);
    const bundle = address && bundleOf(ctx, address.phone, address.device);
    return bundle ? [node("user", { jid: user.attrs.jid }, bundleNodes(bundle))] : [];
  });
  return result(iq, [node("list", {}, users)]);
};

const answerEncrypt = (ctx: Context, client: Client, iq: BinaryNode): BinaryNode => {
  if (iq.attrs.type === "set") return storeKeys(ctx, client, iq);
  const key = getBinaryNodeChild(iq, "key");
  if (key) return serveKeys(ctx, iq, key);
  if (getBinaryNodeChild(iq, "count")) {
    return result(iq, [node("count", { value: String(client.device.preKeys.size) })]);
  }
  return result(iq, [node("digest")]);
};

const answerProps = (iq: BinaryNode): BinaryNode => {
  const props = Object.entries(PROPS).map(([code, value]) => node("prop", { config_code: code, config_value: value }));
  return result(iq, [node("props", { protocol: "1", hash: "1" }, props)]);
};

const becomeActive = (ctx: Context, client: Client, iq: BinaryNode): void => {
  client.connection.send(result(iq));
  if (!getBinaryNodeChild(iq, "active") || client.active) return;
  ctx.delivery.activate(client);
  ctx.work.add(() => welcome(ctx, client.account, client.device));
};

const logOut = (ctx: Context, client: Client, iq: BinaryNode): void => {
  client.connection.send(result(iq));
  removeDevice(ctx, client.account, client.device);
};

const EMPTY = new Set(["w:p", "w:stats", "urn:xmpp:ping", "urn:xmpp:whatsapp:dirty"]);

const answerTo = (ctx: Context, client: Client, iq: BinaryNode): BinaryNode => {
  const { xmlns = "" } = iq.attrs;
  if (EMPTY.has(xmlns)) return result(iq);
  if (xmlns === "encrypt") return answerEncrypt(ctx, client, iq);
  if (xmlns === "usync") return answerUsync(ctx, iq);
  if (xmlns === "w:sync:app:state") return answerAppState(ctx, client, iq);
  if (xmlns === "abt") return answerProps(iq);
  if (xmlns === "privacy") return answerPrivacy(ctx, client, iq);
  if (xmlns === "blocklist") return answerBlocklist(ctx, client, iq);
  if (xmlns === "w:profile:picture") return refusal(iq, 404, "item-not-found");
  return refusal(iq, 501, "feature-not-implemented");
};

/** Answers a client's question; what this simulator does not have is refused by name, never pretended. */
export const handleIq = (ctx: Context, client: Client, iq: BinaryNode): void => {
  const { type, xmlns } = iq.attrs;
  if (type === "result" || type === "error") return;
  if (xmlns === "passive") becomeActive(ctx, client, iq);
  else if (xmlns === "md" && getBinaryNodeChild(iq, "remove-companion-device")) logOut(ctx, client, iq);
  else client.connection.send(answerTo(ctx, client, iq));
};
