import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";
import { welcome } from "../chats/welcome.ts";
import { forgedBundle } from "../faults/ciphertext.ts";
import { answerGroups } from "../groups/queries.ts";
import { answerMedia } from "../media/queries.ts";
import type { Client, Context } from "../service/context.ts";
import { removeDevice } from "../service/devices.ts";
import { readJid } from "../wire/jids.ts";
import { childBytes, children, node, refusal, result } from "../wire/nodes.ts";
import { bundleNodes } from "../world/signal.ts";
import { answerAppState } from "./app-state.ts";
import { bundleOf } from "./bundles.ts";
import { answerMex } from "./mex.ts";
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
    if (!bundle) return [];
    const shown = ctx.tampering.takes("signalBundle") ? forgedBundle(bundle) : bundle;
    return [node("user", { jid: user.attrs.jid }, bundleNodes(shown))];
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
  if (getBinaryNodeChild(iq, "digest")) return result(iq, [node("digest")]);
  return refusal(iq, 400, "bad-request");
};

const answerProps = (iq: BinaryNode): BinaryNode => {
  const props = Object.entries(PROPS).map(([code, value]) => node("prop", { config_code: code, config_value: value }));
  return result(iq, [node("props", { protocol: "1", hash: "1" }, props)]);
};

type Answer = (ctx: Context, client: Client, iq: BinaryNode) => BinaryNode;

const empty: Answer = (_ctx, _client, iq) => result(iq);

/** Answers only what has this child; without it the question is malformed. */
const having =
  (tag: string, answer: Answer): Answer =>
  (ctx, client, iq) =>
    getBinaryNodeChild(iq, tag) ? answer(ctx, client, iq) : refusal(iq, 400, "bad-request");

/** What is answered, by the namespace of the question. */
const ANSWERS = new Map<string, Answer>([
  ["abt", (_ctx, _client, iq) => answerProps(iq)],
  ["blocklist", answerBlocklist],
  ["encrypt", answerEncrypt],
  ["md", having("remove-companion-device", empty)],
  ["passive", empty],
  ["privacy", answerPrivacy],
  ["urn:xmpp:ping", empty],
  ["urn:xmpp:whatsapp:dirty", empty],
  ["usync", having("usync", (ctx, _client, iq) => answerUsync(ctx, iq))],
  ["w:g2", answerGroups],
  ["w:m", having("media_conn", answerMedia)],
  ["w:mex", having("query", answerMex)],
  ["w:p", empty],
  ["w:profile:picture", (_ctx, _client, iq) => refusal(iq, 404, "item-not-found")],
  ["w:stats", empty],
  ["w:sync:app:state", having("sync", answerAppState)],
]);

const UNKNOWN = "501";
const MALFORMED = "400";

const notHere: Answer = (_ctx, _client, iq) =>
  iq.attrs.xmlns ? refusal(iq, 501, "feature-not-implemented") : refusal(iq, 400, "bad-request");

const recordRefusal = (ctx: Context, client: Client, iq: BinaryNode, answer: BinaryNode): void => {
  const code = getBinaryNodeChild(answer, "error")?.attrs.code;
  const who = { phone: client.account.phone, device: client.device.id };
  if (code === UNKNOWN) ctx.journal.record("unknown question", iq, who);
  else if (code === MALFORMED) ctx.journal.record("refused", iq, who);
};

/** Whether devices or keys of people are wanted. */
const asksForPeople = (iq: BinaryNode): boolean =>
  iq.attrs.xmlns === "usync" || (iq.attrs.xmlns === "encrypt" && getBinaryNodeChild(iq, "key") !== undefined);

/** What a question sets going once it is answered. */
const follow = (ctx: Context, client: Client, iq: BinaryNode): void => {
  const { xmlns } = iq.attrs;
  if (xmlns === "passive" && getBinaryNodeChild(iq, "active") && !client.active) {
    ctx.delivery.activate(client);
    ctx.work.add(() => welcome(ctx, client.account, client.device));
  } else if (xmlns === "md" && getBinaryNodeChild(iq, "remove-companion-device")) {
    removeDevice(ctx, client.account, client.device);
  }
};

/**
 * Answers a client's question, late when the server is slow; what this simulator does not have is refused by name, never
 * pretended.
 */
export const handleIq = (ctx: Context, client: Client, iq: BinaryNode): void => {
  const { type, xmlns } = iq.attrs;
  const who = { phone: client.account.phone, device: client.device.id };
  if (type === "error") ctx.journal.record("refused", iq, who);
  if (type === "result" || type === "error") return;
  const answerer: Answer = ANSWERS.get(xmlns ?? "") ?? notHere;
  const faults = ctx.faultsOf(client.account.phone);
  const question = `question ${xmlns ?? ""} ${iq.attrs.id ?? ""}`;
  const fault = asksForPeople(iq) ? faults.strikes("failQueries", question) : undefined;
  const answer = fault ? refusal(iq, fault.code, "service-unavailable") : answerer(ctx, client, iq);
  if (answer.attrs.type === "error") recordRefusal(ctx, client, iq, answer);
  const reply = () => {
    client.connection.send(answer);
    follow(ctx, client, iq);
  };
  const lateMs = faults.queryDelay(question);
  if (lateMs) ctx.clock.after(lateMs, reply);
  else reply();
};
