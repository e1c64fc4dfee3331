import { z } from "zod";
import { isPhone } from "./wire/jids.ts";
import { type FaultSettings, faultsSchema } from "./world/faults.ts";
import { type Delays, delaysSchema, type Shown } from "./world/schema.ts";

export type { ConnectionFigures } from "./service/delivery.ts";
export type { Delays, FaultSettings, Shown };

/** The longest text WhatsApp takes. */
const MAX_TEXT = 65_536;
const number = z.string().refine(isPhone, "must be a phone number in E.164 with a leading +, such as +628123456789");
const name = z.string().trim().min(1).max(100);

/** The bodies the control takes. */
export const bodies = {
  account: z.strictObject({ phone: number, name: name.optional() }),
  scan: z.strictObject({ qr: z.string().min(1).max(4096) }),
  unlink: z.strictObject({ deviceId: z.number().int().min(1).optional() }),
  delays: delaysSchema.partial(),
  faults: faultsSchema,
  phone: z
    .strictObject({
      onWhatsApp: z.boolean(),
      readReceipts: z.boolean(),
      name,
      addressing: z.enum(["pn", "lid"]),
    })
    .partial(),
  message: z.strictObject({ to: number, text: z.string().min(1).max(MAX_TEXT) }),
};
export const phoneParameter = number;

/** A number with a phone that can scan QR codes. */
export interface AccountView {
  phone: string;
  name: string | null;
  lid: string;
  devices: { id: number; connected: boolean }[];
  /** Milliseconds after the server took a message; null is never. */
  delays: Delays;
  faults: FaultSettings;
}

/** Any number, as WhatsApp knows it. */
export interface PhoneView {
  phone: string;
  lid: string;
  name: string | null;
  onWhatsApp: boolean;
  readReceipts: boolean;
  /** Whether its messages and receipts come from its number or from its hidden identity. */
  addressing: "pn" | "lid";
}

/** A chat as a phone shows it: each id once, with the number of copies that came. */
export interface ChatView {
  with: string;
  name: string | null;
  messages: Shown[];
}

/** What the server took from an account for one recipient. */
export interface SentView {
  phone: string;
  lid: string;
  messages: {
    id: string;
    /** Null until the recipient could read it. */
    text: string | null;
    /** How often the server received this id for this recipient. */
    copies: number;
    /** Whether an ack without an error was put on the wire. */
    acked: boolean;
    /** Times are milliseconds since 1970. */
    receivedAt: number;
    deliveredAt: number | null;
    readAt: number | null;
    /** The recipient could not read the last copy and asked for it again. */
    undecryptable: boolean;
  }[];
}
