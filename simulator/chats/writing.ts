import { getBinaryNodeChild, normalizeMessageContent, type proto } from "@whiskeysockets/baileys";
import { writeMessage } from "../content/texts.ts";
import { attachmentOf } from "../media/attachments.ts";
import { deviceBundle } from "../queries/bundles.ts";
import type { Client, Context } from "../service/context.ts";
import { lidJid, pnJid } from "../wire/jids.ts";
import { node, pack, seconds, unpack } from "../wire/nodes.ts";
import type { Account, Device, Pending, Phone } from "../world/schema.ts";
import type { Bundle } from "../world/signal.ts";

/** The client stops asking after five tries for one message. */
const MAX_RETRIES = 5;

/** What the server may know of a message: whether it carries media, and of which kind. */
export const mediaTypeOf = (message: proto.IMessage): string | undefined =>
  attachmentOf(normalizeMessageContent(message.deviceSentMessage?.message ?? message) ?? {})?.kind;

const encrypted = async (ctx: Context, phone: Phone, account: Account, device: Device, plain: Buffer) => {
  const { type, body } = await ctx.signal.encrypt(phone, account.phone, device.id, plain);
  return node("enc", { v: "2", type }, body);
};

/** Encrypts a body for one linked device, on a new session when the phone has none with it. */
export const encryptFor = async (ctx: Context, phone: Phone, account: Account, device: Device, plain: Buffer) => {
  if (!(await ctx.signal.hasSession(phone, account.phone, device.id))) {
    await ctx.signal.beginSession(phone, account.phone, device.id, deviceBundle(ctx, account, device));
  }
  return encrypted(ctx, phone, account, device, plain);
};

/** Encrypts a message of a simulated phone for one linked device and queues it there. */
export const writeToDevice = async (
  ctx: Context,
  phone: Phone,
  account: Account,
  device: Device,
  attrs: Record<string, string | undefined>,
  message: proto.IMessage,
): Promise<void> => {
  const plain = writeMessage(message, ctx.random);
  const mediaType = mediaTypeOf(message);
  const enc = await encryptFor(ctx, phone, account, device, plain);
  if (mediaType) enc.attrs.mediatype = mediaType;
  const stanza = node(
    "message",
    { t: seconds(ctx.clock.now()), type: mediaType ? "media" : "text", notify: phone.name ?? undefined, ...attrs },
    [enc],
  );
  ctx.delivery.push(account, device, `message:${attrs.id}`, stanza, {
    kind: attrs.category === "peer" ? "peer" : "message",
    origin: { phone: phone.phone, plain: plain.toString("base64") },
  });
};

/** Writes from a simulated phone to each device linked to the account. */
export const writeToAccount = async (
  ctx: Context,
  phone: Phone,
  account: Account,
  id: string,
  message: proto.IMessage,
): Promise<void> => {
  const from =
    phone.addressing === "lid"
      ? { from: lidJid(phone.phone), sender_pn: pnJid(phone.phone), addressing_mode: "lid" }
      : { from: pnJid(phone.phone), sender_lid: lidJid(phone.phone) };
  for (const device of account.devices.values()) {
    await writeToDevice(ctx, phone, account, device, { id, ...from }, message);
  }
};

/** Encrypts a queued message afresh on a new session and sends it once more. */
export const encryptAgain = async (ctx: Context, client: Client, pending: Pending, bundle?: Bundle): Promise<void> => {
  const { origin } = pending;
  if (!origin || !("phone" in origin) || pending.retries >= MAX_RETRIES) return;
  const { account, device } = client;
  const phone = ctx.store.phone(origin.phone);
  pending.retries++;
  pending.attempts = 0;
  await ctx.signal.beginSession(phone, account.phone, device.id, bundle ?? deviceBundle(ctx, account, device));
  const enc = await encrypted(ctx, phone, account, device, Buffer.from(origin.plain, "base64"));
  const stanza = unpack(pending.node);
  const mediaType = getBinaryNodeChild(stanza, "enc")?.attrs.mediatype;
  Object.assign(enc.attrs, { count: String(pending.retries), ...(mediaType && { mediatype: mediaType }) });
  pending.node = pack({ ...stanza, content: [enc] });
  ctx.delivery.again(account, device, pending);
};
