import { parsePhoneNumberFromString } from "libphonenumber-js";
import type { Context } from "../service/context.ts";
import { lidUserOf, readJid } from "../wire/jids.ts";
import { Entries } from "../world/entries.ts";
import type { Phone, Shown } from "../world/schema.ts";
import { type App, type BusinessNumber, PLAIN_BEHAVIOUR, type Strikes, type Waba } from "./schema.ts";

const LID_DIGITS = 15;
const LOWEST_ID = 100_000_000_000_000n;
export const MESSAGING_SCOPE = "whatsapp_business_messaging";
export const MANAGEMENT_SCOPE = "whatsapp_business_management";

/** An id of Graph: fifteen digits. */
export const graphId = (ctx: Context, purpose: string): string =>
  String(LOWEST_ID + (ctx.random.bytes(8, "graph id", purpose).readBigUInt64BE() % (9n * LOWEST_ID)));

/** The trace id of an error. */
export const traceId = (ctx: Context): string => `A${ctx.random.bytes(16, "trace").toString("base64url")}`;

/**
 * A message id as the Cloud API makes them: base64 of the person's number, a direction and hexadecimal digits. The phone
 * shows the message under the same id.
 */
export const messageId = (ctx: Context, person: string, direction: "in" | "out"): string => {
  const unique = ctx.random
    .bytes(direction === "in" ? 10 : 9, "wamid", person)
    .toString("hex")
    .toUpperCase();
  return wamid(person, direction, unique);
};

const wamid = (person: string, direction: "in" | "out", unique: string): string => {
  const digits = person.slice(1);
  const bytes = [
    Buffer.from([0x1c, 0x18, digits.length]),
    Buffer.from(digits),
    Buffer.from([0x15, 2, 0, direction === "in" ? 0x12 : 0x11, 0x18, unique.length]),
    Buffer.from(unique),
    Buffer.from([0]),
  ];
  return `wamid.${Buffer.concat(bytes).toString("base64")}`;
};

const LONGEST_INNER_ID = 255;

/** The id a business knows a message by; a linked device made up a plain one, which is put inside. */
export const outerId = (person: string, id: string): string =>
  id.startsWith("wamid.") || id.length > LONGEST_INNER_ID ? id : wamid(person, "in", id);

const innerId = (id: string): string => {
  const bytes = Buffer.from(id.slice("wamid.".length), "base64");
  const at = 8 + (bytes[2] ?? 0);
  return bytes.toString("utf8", at + 1, at + 1 + (bytes[at] ?? 0));
};

/** A message in a phone's chat by the id a business knows it by. */
export const messageBy = (phone: Phone, peer: string, id: string): Shown | undefined => {
  const chat = phone.chats.get(peer);
  return chat?.get(id) ?? chat?.get(innerId(id));
};

/** The business number with this phone number. */
export const businessAt = (ctx: Context, phone: string): BusinessNumber | undefined => {
  for (const number of ctx.store.business.numbers.values()) if (number.phone === phone) return number;
  return undefined;
};

/** The account a business number belongs to. Every number has one. */
export const wabaOf = (ctx: Context, number: BusinessNumber): Waba => {
  const waba = ctx.store.business.wabas.get(number.wabaId);
  if (!waba) throw new Error(`the business number ${number.id} belongs to no account`);
  return waba;
};

/** The number as people read it: `+62 812 3456 789`. */
export const displayOf = (phone: string): string => parsePhoneNumberFromString(phone)?.formatInternational() ?? phone;

/** The id a person has for this business alone. Turned back by `personOf`, so that nothing has to be kept. */
export const userIdOf = (waba: Waba, phone: string): string => {
  const country = parsePhoneNumberFromString(phone)?.country ?? "XX";
  return `${country}.${waba.appId.slice(-6)}${lidUserOf(phone)}`;
};

/** Whom a business-scoped id names; undefined when it is none, or one of another business. */
export const personOf = (waba: Waba, userId: string): string | undefined => {
  const phone = readJid(`${userId.slice(-LID_DIGITS)}@lid`)?.phone;
  return phone !== undefined && userIdOf(waba, phone) === userId ? phone : undefined;
};

/** A person as the `contacts` of a webhook say it. Who hides their number is known by their id alone. */
export const contactOf = (waba: Waba, person: Phone): Record<string, unknown> => ({
  profile: { name: person.name ?? person.phone },
  ...(person.addressing === "lid" ? {} : { wa_id: person.phone.slice(1) }),
  user_id: userIdOf(waba, person.phone),
});

/** What every webhook about messages begins with. */
export const metadataOf = (number: BusinessNumber): Record<string, unknown> => ({
  messaging_product: "whatsapp",
  metadata: { display_phone_number: number.phone.slice(1), phone_number_id: number.id },
});

/** Whether something strikes now, and what is left of it. */
export const strike = (
  ctx: Context,
  setting: Strikes,
  ...purpose: string[]
): { hit: boolean; left: Strikes | null } => {
  if ("probability" in setting) {
    return { hit: ctx.random.share("strike", ...purpose) < setting.probability, left: setting };
  }
  return { hit: true, left: setting.count > 1 ? { count: setting.count - 1 } : null };
};

/** A token of an app. */
export const openToken = (
  ctx: Context,
  appId: string,
  options: { token?: string | undefined; scopes?: string[] | undefined; expiresAt?: number | null | undefined } = {},
): string => {
  const token = options.token ?? `EAA${ctx.random.bytes(60, "token", appId).toString("hex")}`;
  const scopes = options.scopes ?? [MESSAGING_SCOPE, MANAGEMENT_SCOPE];
  ctx.store.business.tokens.set(token, { appId, scopes, expiresAt: options.expiresAt ?? null });
  ctx.store.saveNow();
  return token;
};

/** A new app that sends its webhooks nowhere yet. */
export const openApp = (ctx: Context, secret: string | undefined): App => {
  const id = graphId(ctx, "app");
  const app: App = {
    id,
    secret: secret ?? ctx.random.bytes(16, "app secret").toString("hex"),
    subscription: null,
    behaviour: { ...PLAIN_BEHAVIOUR },
    waiting: [],
  };
  ctx.store.business.apps.set(id, app);
  return app;
};

/** A new business account of an app. */
export const openWaba = (ctx: Context, app: App, name: string): Waba => {
  const waba: Waba = {
    id: graphId(ctx, "business account"),
    name,
    appId: app.id,
    subscribed: true,
    locked: false,
    reviewMs: 1000,
    messagingLimit: "TIER_250",
    templates: new Entries(),
  };
  ctx.store.business.wabas.set(waba.id, waba);
  return waba;
};

/** A new number of a business account; the phone in the world gets its name. */
export const openNumber = (ctx: Context, waba: Waba, phone: string, displayName: string): BusinessNumber => {
  const number: BusinessNumber = {
    id: graphId(ctx, "phone number"),
    phone,
    wabaId: waba.id,
    displayName,
    registered: true,
    qualityRating: "GREEN",
    throughput: 80,
    delays: { ackMs: 0, deliveredMs: 400, readMs: 1200 },
    faults: {},
    recent: [],
    pairs: new Entries(),
    heard: new Entries(),
    stopped: [],
  };
  ctx.store.business.numbers.set(number.id, number);
  ctx.store.phone(phone).name = displayName;
  return number;
};
