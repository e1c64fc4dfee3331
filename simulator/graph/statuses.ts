import { mark } from "../chats/receipts.ts";
import { show } from "../chats/showing.ts";
import type { Context } from "../service/context.ts";
import { draw } from "../service/delays.ts";
import { derive } from "../wire/keys.ts";
import type { Media, Phone } from "../world/schema.ts";
import { writeToDevices } from "./devices.ts";
import { type Fault, webhookError } from "./errors.ts";
import { contactOf, messageBy, metadataOf, userIdOf, wabaOf } from "./numbers.ts";
import { WINDOW_MS } from "./rules.ts";
import type { BusinessNumber, Outbound } from "./schema.ts";
import { tell } from "./webhooks/events.ts";

type Status = "sent" | "delivered" | "read" | "failed";

/** From this version on a status no longer names its conversation. */
const WITHOUT_CONVERSATION = 24;

const pricingOf = ({ category, inWindow }: Outbound): object => {
  const free = category === "service" || (category === "utility" && inWindow);
  return { billable: !free, pricing_model: "PMP", category, type: free ? "free_customer_service" : "regular" };
};

const conversationOf = (ctx: Context, message: Outbound, status: Status): object => ({
  id: derive(ctx.store.secret, "conversation", message.numberId, message.to, message.category).toString("hex", 0, 16),
  ...(status === "sent" && { expiration_timestamp: String(Math.floor((message.acceptedAt + WINDOW_MS) / 1000)) }),
  origin: { type: message.category },
});

/** Tells the business what became of a message. */
const tellStatus = (ctx: Context, number: BusinessNumber, message: Outbound, status: Status): void => {
  const waba = wabaOf(ctx, number);
  // Pricing comes with `sent` and with the first of the other two.
  const priced = status === "sent" || status === "delivered" || (status === "read" && !message.deliveredTold);
  const told = {
    id: message.id,
    status,
    timestamp: String(Math.floor(ctx.clock.now() / 1000)),
    ...(message.by === "phone" && { recipient_id: message.to.slice(1) }),
    recipient_user_id: userIdOf(waba, message.to),
    ...(message.opaque !== null && { biz_opaque_callback_data: message.opaque }),
    ...(priced && message.version < WITHOUT_CONVERSATION && { conversation: conversationOf(ctx, message, status) }),
    ...(priced && { pricing: pricingOf(message) }),
    ...(message.failure && { errors: [webhookError(message.failure)] }),
  };
  // A failed message says nothing of the person but their id.
  const contacts = status === "failed" ? {} : { contacts: [contactOf(waba, ctx.store.phone(message.to))] };
  tell(ctx, waba.id, "messages", { ...metadataOf(number), ...contacts, statuses: [told] });
};

const numberOf = (ctx: Context, message: Outbound): BusinessNumber | undefined =>
  ctx.store.business.numbers.get(message.numberId);

/** What a phone shows of a media id. */
export const shownMedia = (ctx: Context, mediaId: string | null): Media | null => {
  const media = mediaId === null ? undefined : ctx.store.business.media.get(mediaId);
  if (!media) return null;
  const { mimeType, fileName, bytes, sha256 } = media;
  const family = mimeType.split("/")[0];
  const kind = family === "image" || family === "video" || family === "audio" ? family : "document";
  return { kind, mimeType, fileName, bytes, sha256 };
};

const react = (ctx: Context, number: BusinessNumber, person: Phone, reaction: { to: string; emoji: string }): void => {
  for (const [phone, peer] of [
    [person, number.phone],
    [ctx.store.phone(number.phone), person.phone],
  ] as const) {
    const target = messageBy(phone, peer, reaction.to);
    if (!target) continue;
    target.reactions = target.reactions.filter(({ by }) => by !== number.phone);
    if (reaction.emoji) target.reactions.push({ by: number.phone, emoji: reaction.emoji });
  }
};

/** The phone is on: it shows the message, and what comes of that is planned. */
const arrive = (ctx: Context, message: Outbound): void => {
  const number = numberOf(ctx, message);
  if (!number) return;
  const person = ctx.store.phone(message.to);
  const { id, text, quoted } = message;
  if (message.reaction) react(ctx, number, person, message.reaction);
  else {
    const shown = { id, text, quoted, media: shownMedia(ctx, message.mediaId), at: message.acceptedAt };
    show(person, number.phone, { ...shown, fromMe: false, status: "delivered" });
  }
  const now = ctx.clock.now();
  const deliveredMs = draw(ctx, number.delays.deliveredMs, "delivered", id);
  const readMs = draw(ctx, number.delays.readMs, "read", id);
  message.due.delivered = deliveredMs === null ? null : now + deliveredMs;
  if (readMs !== null && person.readReceipts) message.due.read = now + Math.max(readMs, deliveredMs ?? 0);
  arm(ctx, message);
};

const send = (ctx: Context, message: Outbound): void => {
  const number = numberOf(ctx, message);
  message.due.sent = null;
  if (number) tellStatus(ctx, number, message, message.failure ? "failed" : "sent");
};

const deliver = (ctx: Context, message: Outbound): void => {
  const number = numberOf(ctx, message);
  message.due.delivered = null;
  if (!number || message.deliveredTold || message.readTold) return;
  mark(ctx, number.phone, message.to, message.id, "delivered");
  tellStatus(ctx, number, message, "delivered");
  message.deliveredTold = true;
};

const read = (ctx: Context, message: Outbound): void => {
  const number = numberOf(ctx, message);
  message.due.read = null;
  if (!number || message.readTold) return;
  mark(ctx, number.phone, message.to, message.id, "read");
  tellStatus(ctx, number, message, "read");
  message.readTold = true;
};

const arm = (ctx: Context, message: Outbound): void => {
  const { sent, delivered, read: readAt } = message.due;
  const { due } = message;
  if (sent !== null) ctx.clock.at(sent, () => due.sent !== null && send(ctx, message));
  if (delivered !== null) ctx.clock.at(delivered, () => due.delivered !== null && deliver(ctx, message));
  if (readAt !== null) ctx.clock.at(readAt, () => due.read !== null && read(ctx, message));
  ctx.store.touch();
};

/**
 * A message was taken: `sent` or, with a fault, `failed` is told after the number's delay; the phone gets it at once, or
 * when it is on again.
 */
export const planStatuses = (ctx: Context, message: Outbound, fault: Fault | undefined): void => {
  const number = numberOf(ctx, message);
  if (!number) return;
  message.failure = fault ?? null;
  const ackMs = draw(ctx, number.delays.ackMs, "sent", message.id);
  const dueSent = ackMs === null && fault ? 0 : ackMs;
  message.due.sent = dueSent === null ? null : message.acceptedAt + dueSent;
  arm(ctx, message);
  if (fault) return;
  const { id, text, quoted } = message;
  if (!message.reaction) {
    const shown = { id, text, quoted, media: shownMedia(ctx, message.mediaId), at: message.acceptedAt };
    show(ctx.store.phone(number.phone), message.to, { ...shown, fromMe: true, status: "sent" });
  }
  if (ctx.store.accounts.get(message.to)?.blocked.includes(number.phone)) return;
  ctx.work.add(() => writeToDevices(ctx, number, message));
  const { held } = ctx.store.business;
  if (ctx.store.phone(message.to).online) arrive(ctx, message);
  else held.set(message.to, [...(held.get(message.to) ?? []), message.id]);
};

/** A phone is on again: it gets what businesses wrote meanwhile. */
export const arriveHeld = (ctx: Context, phone: Phone): void => {
  const { held, messages } = ctx.store.business;
  const ids = held.get(phone.phone) ?? [];
  held.delete(phone.phone);
  for (const id of ids) {
    const message = messages.get(id);
    if (message) arrive(ctx, message);
  }
};

/** The person opened the chat with this message in it; false when no business sent it. */
export const readByPerson = (ctx: Context, messageId: string): boolean => {
  const message = ctx.store.business.messages.get(messageId);
  if (message) read(ctx, message);
  return message !== undefined;
};

/** After a restart: the statuses that were still to come. */
export const resumeStatuses = (ctx: Context): void => {
  for (const message of ctx.store.business.messages.values()) arm(ctx, message);
};
