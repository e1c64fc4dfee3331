import { type BinaryNode, getBinaryNodeChild, proto } from "@whiskeysockets/baileys";
import type { Client, Context } from "../service/context.ts";
import { bytesOf, children, node, result, SERVER } from "../wire/nodes.ts";

const storePatch = (ctx: Context, client: Client, name: string, patch: Buffer): number => {
  const patches = client.account.appState.get(name) ?? [];
  const version = patches.length + 1;
  const numbered = proto.SyncdPatch.decode(patch);
  numbered.version = proto.SyncdVersion.create({ version });
  patches.push(Buffer.from(proto.SyncdPatch.encode(numbered).finish()).toString("base64"));
  client.account.appState.set(name, patches);
  ctx.store.touch();
  return version;
};

const tellOthers = (ctx: Context, client: Client, name: string, version: number): void => {
  for (const device of client.account.devices.values()) {
    if (device === client.device) continue;
    const id = ctx.random.uuid("settings", client.account.phone);
    const collection = node("collection", { name, version: String(version) });
    const stanza = node("notification", { from: SERVER, type: "server_sync", id }, [collection]);
    ctx.delivery.push(client.account, device, `notification:${id}`, stanza, { kind: "notification" });
  }
};

const answerCollection = (ctx: Context, client: Client, collection: BinaryNode): BinaryNode => {
  const name = collection.attrs.name ?? "";
  const version = Number(collection.attrs.version ?? 0);
  const known = client.account.appState.get(name) ?? [];
  const patch = bytesOf(getBinaryNodeChild(collection, "patch"));
  if (patch && version !== known.length) {
    return node("collection", { name, type: "error" }, [node("error", { code: "409", text: "conflict" })]);
  }
  if (patch) {
    const stored = storePatch(ctx, client, name, patch);
    tellOthers(ctx, client, name, stored);
    return node("collection", { name, version: String(stored) });
  }
  const missing = known.slice(version).map((kept) => node("patch", {}, Buffer.from(kept, "base64")));
  return node(
    "collection",
    { name, version: String(known.length), has_more_patches: "false" },
    missing.length ? [node("patches", {}, missing)] : [],
  );
};

/** Keeps and serves the patches of the account's shared settings; there are no snapshots. */
export const answerAppState = (ctx: Context, client: Client, iq: BinaryNode): BinaryNode => {
  const collections = children(getBinaryNodeChild(iq, "sync")).map((each) => answerCollection(ctx, client, each));
  return result(iq, [node("sync", {}, collections)]);
};
