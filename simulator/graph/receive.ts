import type { proto } from "@whiskeysockets/baileys";
import { show } from "../chats/showing.ts";
import { sayingOf } from "../content/texts.ts";
import type { Context } from "../service/context.ts";
import type { Media, Phone, Shown } from "../world/schema.ts";
import { openMedia } from "./media.ts";
import { contactOf, messageId, metadataOf, outerId, userIdOf, wabaOf } from "./numbers.ts";
import type { BusinessNumber } from "./schema.ts";
import { tell } from "./webhooks/events.ts";

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Tells the business what a person did, and opens the service window. */
const tellMessage = (ctx: Context, number: BusinessNumber, person: Phone, message: Record<string, unknown>): void => {
  const waba = wabaOf(ctx, number);
  const now = ctx.clock.now();
  number.heard.set(person.phone, now);
  const from = person.addressing === "lid" ? {} : { from: person.phone.slice(1) };
  const heading = { ...from, from_user_id: userIdOf(waba, person.phone), timestamp: String(seconds(now)) };
  tell(ctx, waba.id, "messages", {
    ...metadataOf(number),
    contacts: [contactOf(waba, person)],
    messages: [{ ...heading, ...message }],
  });
  ctx.store.touch();
};

const contextOf = (number: BusinessNumber, person: Phone, id: string): Record<string, unknown> => {
  const own = person.chats.get(number.phone)?.get(id)?.fromMe;
  return { context: { from: (own ? person.phone : number.phone).slice(1), id: outerId(person.phone, id) } };
};

const mediaPart = (ctx: Context, number: BusinessNumber, media: Media, caption: string): Record<string, unknown> => {
  const { id, mimeType, fileName } = openMedia(ctx, wabaOf(ctx, number).appId, media, true);
  return {
    id,
    mime_type: mimeType,
    // In webhooks the hash is base64, unlike in the answer of GET /{media-id}.
    sha256: Buffer.from(media.sha256, "hex").toString("base64"),
    ...(caption && { caption }),
    ...(media.kind === "document" && fileName && { filename: fileName }),
  };
};

type Written = Pick<Shown, "id" | "text" | "media" | "quoted" | "at">;

const tellWritten = (ctx: Context, number: BusinessNumber, person: Phone, message: Written): void => {
  const { text, media, quoted } = message;
  const id = outerId(person.phone, message.id);
  const body = media
    ? { type: media.kind, [media.kind]: mediaPart(ctx, number, media, text) }
    : { type: "text", text: { body: text } };
  tellMessage(ctx, number, person, { id, ...body, ...(quoted && contextOf(number, person, quoted.id)) });
};

/** A person wrote to a business number: both phones show it, and the business hears of it. */
export const businessHears = (ctx: Context, number: BusinessNumber, person: Phone, message: Written): void => {
  show(ctx.store.phone(number.phone), person.phone, { ...message, fromMe: false, status: "delivered" });
  tellWritten(ctx, number, person, message);
};

/** The same from a device linked to the person's phone, the business's phone showing it already. */
export const businessHearsDevice = (
  ctx: Context,
  number: BusinessNumber,
  person: Phone,
  id: string,
  message: proto.IMessage,
): void => {
  const saying = sayingOf(message);
  const shown = ctx.store.phone(number.phone).chats.get(person.phone)?.get(id);
  if (saying?.what === "message" && shown) tellWritten(ctx, number, person, shown);
  if (saying?.what !== "reaction") return;
  const reaction = { message_id: outerId(person.phone, saying.of), ...(saying.emoji && { emoji: saying.emoji }) };
  tellMessage(ctx, number, person, { id: outerId(person.phone, id), type: "reaction", reaction });
};

/** A person reacts to a message in the chat with a business; an empty emoji takes it back. Returns the reaction's id. */
export const personReacts = (
  ctx: Context,
  number: BusinessNumber,
  person: Phone,
  target: string,
  emoji: string,
): string => {
  const id = messageId(ctx, person.phone, "in");
  for (const chat of [person.chats.get(number.phone), ctx.store.phone(number.phone).chats.get(person.phone)]) {
    const message = chat?.get(target);
    if (!message) continue;
    message.reactions = message.reactions.filter(({ by }) => by !== person.phone);
    if (emoji) message.reactions.push({ by: person.phone, emoji });
  }
  tellMessage(ctx, number, person, {
    id,
    type: "reaction",
    reaction: { message_id: outerId(person.phone, target), ...(emoji && { emoji }) },
  });
  return id;
};

/** A person taps a quick reply of a template; undefined when the message has no such button. Returns the answer's id. */
export const personTaps = (
  ctx: Context,
  number: BusinessNumber,
  person: Phone,
  target: string,
  index: number,
): string | undefined => {
  const outbound = ctx.store.business.messages.get(target);
  const button = outbound?.to === person.phone ? outbound.buttons[index] : undefined;
  if (!outbound || !button) return undefined;
  const id = messageId(ctx, person.phone, "in");
  const quoted = { id: target, text: outbound.text };
  const shown = { id, text: button.text, quoted, at: ctx.clock.now(), status: "delivered" } as const;
  show(person, number.phone, { ...shown, fromMe: true });
  show(ctx.store.phone(number.phone), person.phone, { ...shown, fromMe: false });
  const answer = { payload: button.payload, text: button.text };
  tellMessage(ctx, number, person, { id, type: "button", button: answer, ...contextOf(number, person, target) });
  return id;
};

/** A person stops, or resumes, the marketing messages of a business. */
export const setMarketing = (ctx: Context, number: BusinessNumber, person: Phone, stop: boolean): void => {
  number.stopped = number.stopped.filter((each) => each !== person.phone);
  if (stop) number.stopped.push(person.phone);
  const waba = wabaOf(ctx, number);
  const known = person.addressing === "lid" ? {} : { wa_id: person.phone.slice(1) };
  tell(ctx, waba.id, "user_preferences", {
    ...metadataOf(number),
    contacts: [contactOf(waba, person)],
    user_preferences: [
      {
        ...known,
        user_id: userIdOf(waba, person.phone),
        detail: `User requested to ${stop ? "stop" : "resume"} marketing messages`,
        category: "marketing_messages",
        value: stop ? "stop" : "resume",
        timestamp: seconds(ctx.clock.now()),
      },
    ],
  });
  ctx.store.touch();
};
