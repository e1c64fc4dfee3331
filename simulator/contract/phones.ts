import { z } from "zod";
import type { Media, Shown } from "../world/schema.ts";
import { MAX_TEXT, nameParameter, phoneParameter } from "./parts.ts";

export type { Media, Shown };

/** A number, or the id of a group. */
const chatParameter = z.union([phoneParameter, z.string().regex(/^[\d-]+@g\.us$/, "must be a number or a group's id")]);

/** A MIME type, such as `image/png` or `audio/ogg; codecs=opus`. */
export const MIME_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/;

const mediaBody = z.strictObject({
  kind: z.enum(["image", "document", "video", "audio", "sticker"]),
  mimeType: z.string().max(100).regex(MIME_TYPE, "must be a MIME type, such as image/png"),
  fileName: z.string().min(1).max(255).optional(),
  /** Base64. */
  data: z.base64().min(1),
});

/** The bodies of `/phones`. */
export const phoneBodies = {
  phone: z
    .strictObject({
      onWhatsApp: z.boolean(),
      readReceipts: z.boolean(),
      name: nameParameter,
      addressing: z.enum(["pn", "lid"]),
      online: z.boolean(),
      aliasOf: phoneParameter.nullable(),
    })
    .partial(),
  message: z
    .strictObject({
      to: chatParameter,
      text: z.string().max(MAX_TEXT).default(""),
      media: mediaBody.optional(),
      /** The id of a message in the same chat that this one replies to. */
      quoted: z.string().min(1).max(128).optional(),
    })
    .refine(({ text, media }) => text || media, "write a text, or give media")
    .refine(
      ({ text, media }) => !text || (media?.kind !== "audio" && media?.kind !== "sticker"),
      "audio and stickers have no caption",
    ),
  read: z.strictObject({ with: chatParameter }),
};
export type PhoneSettings = z.input<typeof phoneBodies.phone>;
export type MessageBody = z.input<typeof phoneBodies.message>;

/** Any number, as WhatsApp knows it. */
export interface PhoneView {
  phone: string;
  lid: string;
  name: string | null;
  onWhatsApp: boolean;
  readReceipts: boolean;
  /** Whether its messages and receipts come from its number or from its hidden identity. */
  addressing: "pn" | "lid";
  /** A phone that is off reads and answers nothing until it is on again. */
  online: boolean;
  /** The spelling WhatsApp knows this number by. */
  aliasOf: string | null;
  /** How often it was installed anew: each time its keys are others. */
  generation: number;
}

/** A chat as a phone shows it: each id once, with the number of copies that came. */
export interface ChatView {
  /** A number, or the id of a group. */
  with: string;
  name: string | null;
  messages: Shown[];
}
