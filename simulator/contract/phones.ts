import { z } from "zod";
import type { Shown } from "../world/schema.ts";
import { MAX_TEXT, nameParameter, phoneParameter } from "./parts.ts";

export type { Shown };

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
  message: z.strictObject({ to: phoneParameter, text: z.string().min(1).max(MAX_TEXT) }),
};
export type PhoneSettings = z.input<typeof phoneBodies.phone>;

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
