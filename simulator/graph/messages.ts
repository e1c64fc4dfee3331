import { mark, markRead } from "../chats/receipts.ts";
import type { Context } from "../service/context.ts";
import { type Content, parseMessage } from "./api/bodies.ts";
import { type Fault, GraphRefusal, orderedFault, refusalOf } from "./errors.ts";
import { checkReference, resolveMedia } from "./media.ts";
import { messageBy, messageId, personOf, strike, userIdOf, wabaOf } from "./numbers.ts";
import { pairAllowance, recipientOf, renderTemplate, sendable, windowOpen, withinThroughput } from "./rules.ts";
import type { BusinessNumber, Outbound, Waba } from "./schema.ts";
import { planStatuses } from "./statuses.ts";
import { templateNamed } from "./templates.ts";

/** A message with everything put in. */
interface Ready {
  text: string;
  media: Extract<Content, { what: "shown" }>["media"];
  buttons: Outbound["buttons"];
  category: Outbound["category"];
  reaction: Outbound["reaction"];
}

const readyTemplate = (waba: Waba, content: Extract<Content, { what: "template" }>): Ready => {
  const { name, language, components } = content;
  const template = sendable(templateNamed(waba, name, language), name, language);
  if ("code" in template) throw refusalOf(template);
  const rendered = renderTemplate(template, components);
  if ("code" in rendered) throw refusalOf(rendered);
  const categories = { MARKETING: "marketing", UTILITY: "utility", AUTHENTICATION: "authentication" } as const;
  return { ...rendered, category: categories[template.category], reaction: null };
};

const readyOf = (waba: Waba, content: Content): Ready => {
  if (content.what === "template") return readyTemplate(waba, content);
  const nothing = { text: "", media: null, buttons: [], category: "service", reaction: null } as const;
  if (content.what === "reaction") return { ...nothing, buttons: [], reaction: content };
  return { ...nothing, buttons: [], text: content.text, media: content.media };
};

const person = (waba: Waba, body: { to?: string | undefined; recipient?: string | undefined }): string => {
  const phone = body.to === undefined ? personOf(waba, body.recipient ?? "") : recipientOf(body.to);
  if (phone) return phone;
  const details = body.to === undefined ? "recipient is not an id of a person" : "to is not a phone number";
  throw new GraphRefusal(131_009, { details });
};

/** What may refuse any message of this number to this person; what is borrowed of the allowances when nothing does. */
const allowances = (ctx: Context, number: BusinessNumber, waba: Waba, to: string) => {
  if (!number.registered) throw new GraphRefusal(133_010, { details: "The phone number is not registered." });
  if (waba.locked) throw new GraphRefusal(131_031, { details: "The business account is locked." });
  if (to === number.phone) throw new GraphRefusal(131_021, { details: "The sender and the recipient are the same." });
  const now = ctx.clock.now();
  const recent = withinThroughput(number.recent, number.throughput, now);
  if (!recent) {
    throw new GraphRefusal(130_429, { details: `More than ${number.throughput} messages in one second.` });
  }
  const until = pairAllowance(number.pairs.get(to), now);
  if (until === undefined) {
    throw new GraphRefusal(131_056, { details: "Too many messages to the same person in a short time." });
  }
  return { recent, until };
};

/** The next error that was ordered for this number. */
const ordered = (ctx: Context, number: BusinessNumber, where: "http" | "webhook"): Fault | undefined => {
  for (const [index, error] of (number.faults.errors ?? []).entries()) {
    if (error.where !== where) continue;
    const { hit, left } = strike(ctx, error, "graph error", number.id, String(error.code));
    if (!hit) continue;
    if (left === null) number.faults.errors?.splice(index, 1);
    else if ("count" in left && "count" in error) error.count = left.count;
    ctx.journal.record("fault", `business number ${number.id}: error ${error.code} by ${where}`);
    return orderedFault(error.code);
  }
  return undefined;
};

/**
 * What a message that was taken fails with afterwards: Meta's reference has the closed window, the undeliverable and the
 * unwanted as statuses in the webhook, the request itself having been answered with 200.
 */
const laterFault = (ctx: Context, number: BusinessNumber, message: Outbound): Fault | undefined => {
  if (!ctx.store.phone(message.to).onWhatsApp) {
    return { code: 131_026, details: "Message undeliverable: the recipient is not on WhatsApp." };
  }
  if (message.category === "service" && !message.inWindow) {
    const details = "Message failed to send because more than 24 hours have passed since the customer last replied.";
    return { code: 131_047, details };
  }
  if (message.category === "marketing" && number.stopped.includes(message.to)) {
    return { code: 131_050, details: "The recipient has stopped marketing messages from this business." };
  }
  return ordered(ctx, number, "webhook");
};

const quotedBy = (ctx: Context, number: BusinessNumber, to: string, id: string | undefined): Outbound["quoted"] => {
  const original = id === undefined ? undefined : messageBy(ctx.store.phone(number.phone), to, id);
  return original ? { id: original.id, text: original.text } : null;
};

/** Fetches the media of a message that was taken, then lets it go its way. */
const dispatch = async (ctx: Context, number: BusinessNumber, message: Outbound, media: Ready["media"]) => {
  let fault = laterFault(ctx, number, message);
  if (media && !fault) {
    const found = await resolveMedia(ctx, wabaOf(ctx, number).appId, media.kind, media.reference);
    if ("code" in found) fault = found;
    else message.mediaId = found.id;
  }
  // A reset may have come in between.
  if (ctx.store.business.messages.get(message.id) === message) planStatuses(ctx, message, fault);
};

/** Marks a message that a person sent as read: they see it, on the phone and on the device that sent it. */
const markAsRead = (ctx: Context, number: BusinessNumber, id: string): object => {
  const own = ctx.store.phone(number.phone);
  for (const from of number.heard.keys()) {
    const message = messageBy(own, from, id);
    if (!message || message.fromMe) continue;
    const account = ctx.store.accounts.get(from);
    const sent = account?.sent.get(number.phone)?.get(message.id);
    if (account && sent) markRead(ctx, account, own, sent);
    else mark(ctx, from, number.phone, message.id, "read");
    return { success: true };
  }
  throw new GraphRefusal(131_009, { details: `There is no message ${id} to mark as read.` });
};

/** `POST /{phone-number-id}/messages`: the answer of 200. Throws GraphRefusal. */
export const sendMessage = (ctx: Context, number: BusinessNumber, body: unknown, version: number): object => {
  const refused = ordered(ctx, number, "http");
  if (refused) throw refusalOf(refused);
  const parsed = parseMessage(body);
  if (parsed.what === "read") return markAsRead(ctx, number, parsed.messageId);
  const waba = wabaOf(ctx, number);
  const named = person(waba, parsed);
  const to = ctx.store.knownPhone(named)?.aliasOf ?? named;
  const { recent, until } = allowances(ctx, number, waba, to);
  const ready = readyOf(waba, parsed.content);
  if (ready.media) checkReference(ctx, waba.appId, ready.media.reference);
  const now = ctx.clock.now();
  const message: Outbound = {
    id: messageId(ctx, to, "out"),
    numberId: number.id,
    to,
    by: parsed.to === undefined ? "user_id" : "phone",
    category: ready.category,
    inWindow: windowOpen(number.heard.get(to), now),
    version,
    opaque: parsed.opaque ?? null,
    acceptedAt: now,
    due: { sent: null, delivered: null, read: null },
    deliveredTold: false,
    readTold: false,
    failure: null,
    text: ready.text,
    mediaId: null,
    quoted: quotedBy(ctx, number, to, parsed.replyTo),
    reaction: ready.reaction,
    buttons: ready.buttons,
  };
  number.recent = recent;
  number.pairs.set(to, until);
  ctx.store.business.messages.set(message.id, message);
  void dispatch(ctx, number, message, ready.media);
  const input = parsed.to ?? parsed.recipient ?? "";
  const contact = parsed.to === undefined ? { input, user_id: userIdOf(waba, to) } : { input, wa_id: to.slice(1) };
  return {
    messaging_product: "whatsapp",
    contacts: [contact],
    messages: [{ id: message.id, message_status: "accepted" }],
  };
};
