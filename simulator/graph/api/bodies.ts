import { z } from "zod";
import { GraphRefusal } from "../errors.ts";
import type { Component, MediaReference } from "../rules.ts";

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;
const MAX_OPAQUE = 512;
const IMPLEMENTED = ["text", "template", "image", "document", "video", "reaction", "location", "contacts"] as const;
/** What the real API has besides. */
const KNOWN = new Set<string>([...IMPLEMENTED, "audio", "sticker", "interactive", "order", "product"]);
type Kind = (typeof IMPLEMENTED)[number];
const isKind = (type: string): type is Kind => IMPLEMENTED.some((kind) => kind === type);

const reference = z.strictObject({ id: z.string().min(1), link: z.string().max(2048), filename: z.string() }).partial();
const captioned = reference
  .extend({ caption: z.string().max(MAX_CAPTION).optional() })
  .refine(({ id, link }) => (id === undefined) !== (link === undefined), "one of id and link is required");
const parameter = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  parameter_name: z.string().optional(),
  payload: z.string().optional(),
  image: reference.optional(),
  document: reference.optional(),
  video: reference.optional(),
});
const component = z.strictObject({
  type: z.string(),
  sub_type: z.string().optional(),
  index: z.union([z.string(), z.number()]).optional(),
  parameters: z.array(parameter).optional(),
});

/** The part of a message that is named like its type. */
const parts = {
  text: z.strictObject({ body: z.string().min(1), preview_url: z.boolean().optional() }),
  template: z.strictObject({
    name: z.string().min(1),
    language: z.looseObject({ code: z.string().min(1) }),
    components: z.array(component).default([]),
  }),
  image: captioned,
  document: captioned,
  video: captioned,
  reaction: z.strictObject({ message_id: z.string().min(1), emoji: z.string().max(32) }),
  location: z.looseObject({
    latitude: z.coerce.number(),
    longitude: z.coerce.number(),
    name: z.string().optional(),
    address: z.string().optional(),
  }),
  contacts: z.array(z.looseObject({ name: z.looseObject({ formatted_name: z.string() }) })).min(1),
};

const envelope = z.strictObject({
  messaging_product: z.literal("whatsapp"),
  recipient_type: z.literal("individual").optional(),
  to: z.string().optional(),
  recipient: z.string().optional(),
  type: z.string().default("text"),
  context: z.looseObject({ message_id: z.string() }).optional(),
  biz_opaque_callback_data: z.string().max(MAX_OPAQUE).optional(),
  message_send_ttl_seconds: z.number().optional(),
  ...Object.fromEntries([...KNOWN].map((kind) => [kind, z.unknown().optional()])),
});

const readSchema = z.object({
  status: z.literal("read"),
  message_id: z.string().min(1),
  typing_indicator: z.strictObject({ type: z.literal("text") }).optional(),
});

/** What a message says. */
export type Content =
  | { what: "shown"; text: string; media: { kind: "image" | "document" | "video"; reference: MediaReference } | null }
  | { what: "template"; name: string; language: string; components: Component[] }
  | { what: "reaction"; to: string; emoji: string };

/** The body of `POST /{phone-number-id}/messages`. */
export type ParsedMessage =
  | { what: "read"; messageId: string }
  | {
      what: "message";
      to: string | undefined;
      recipient: string | undefined;
      opaque: string | undefined;
      replyTo: string | undefined;
      content: Content;
    };

const has = (value: unknown, key: string): boolean => typeof value === "object" && value !== null && key in value;

/** Meta's code for what is wrong: an unknown key is 100, a missing one 131008, a bad value 131009. */
const refusal = (issue: z.core.$ZodIssue | undefined, part: string): GraphRefusal => {
  const path = [part, ...(issue?.path ?? [])].filter(Boolean).join(".");
  if (issue?.code === "unrecognized_keys") {
    return new GraphRefusal(100, { message: `(#100) Unexpected key "${issue.keys[0]}" on param "${path}".` });
  }
  const missing = issue?.code === "invalid_type" && issue.input === undefined;
  if (missing) return new GraphRefusal(131_008, { details: `The parameter ${path} is required.` });
  return new GraphRefusal(131_009, { details: `${path}: ${issue?.message ?? "is not valid"}` });
};

const parse = <T extends z.ZodType>(schema: T, value: unknown, part: string): z.output<T> => {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw refusal(parsed.error.issues[0], part);
};

const tooLong = (path: string, limit: number): GraphRefusal =>
  new GraphRefusal(100, { message: `(#100) Param ${path} must be at most ${limit} characters long.` });

const contentOf = (kind: Kind, value: unknown): Content => {
  if (kind === "text") {
    const { body } = parse(parts.text, value, kind);
    if (body.length > MAX_TEXT) throw tooLong("text['body']", MAX_TEXT);
    return { what: "shown", text: body, media: null };
  }
  if (kind === "template") {
    const { name, language, components } = parse(parts.template, value, kind);
    return { what: "template", name, language: language.code, components };
  }
  if (kind === "reaction") {
    const { message_id, emoji } = parse(parts.reaction, value, kind);
    return { what: "reaction", to: message_id, emoji };
  }
  if (kind === "location") {
    const { name, address, latitude, longitude } = parse(parts.location, value, kind);
    const place = [name, address, `${latitude},${longitude}`].filter(Boolean).join(", ");
    return { what: "shown", text: `[location] ${place}`, media: null };
  }
  if (kind === "contacts") {
    const names = parse(parts.contacts, value, kind).map(({ name }) => name.formatted_name);
    return { what: "shown", text: `[contacts] ${names.join(", ")}`, media: null };
  }
  const { caption = "", ...rest } = parse(parts[kind], value, kind);
  return { what: "shown", text: caption, media: { kind, reference: rest } };
};

/** Reads the body of a message. Throws GraphRefusal, as the real API names what is wrong. */
export const parseMessage = (body: unknown): ParsedMessage => {
  if (!has(body, "messaging_product")) {
    throw new GraphRefusal(100, { message: "(#100) The parameter messaging_product is required." });
  }
  if (has(body, "status")) return { what: "read", messageId: parse(readSchema, body, "").message_id };
  const { type, to, recipient, context, biz_opaque_callback_data } = parse(envelope, body, "");
  if (to === undefined && recipient === undefined) {
    throw new GraphRefusal(131_008, { details: "The parameter to is required." });
  }
  if (!KNOWN.has(type)) {
    const list = IMPLEMENTED.join(", ").toUpperCase();
    throw new GraphRefusal(100, { message: `(#100) Param type must be one of {${list}} - got "${type}".` });
  }
  if (!isKind(type)) throw new GraphRefusal(131_051, { details: `This simulator does not take ${type} messages.` });
  const part = Object.entries(body ?? {}).find(([key]) => key === type)?.[1];
  const content = contentOf(type, part);
  return { what: "message", to, recipient, opaque: biz_opaque_callback_data, replyTo: context?.message_id, content };
};
