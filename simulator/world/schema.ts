import { z } from "zod";
import { isPhone } from "../wire/jids.ts";
import type { PackedNode } from "../wire/nodes.ts";

/** A Map that JSON writes as its entries, so that the state file keeps the order. */
export class Entries<T> extends Map<string, T> {
  toJSON(): [string, T][] {
    return [...this];
  }
}

const entries = <T extends z.ZodType>(value: T) =>
  z
    .array(z.tuple([z.string(), value]))
    // TypeScript cannot see through the tuple of a generic schema.
    .transform((list): Entries<z.output<T>> => new Entries(list as [string, z.output<T>][]));

const phoneNumber = z.string().refine(isPhone, "not an E.164 number with a leading +");
const time = z.number().nullable();
/** `null` is never. */
const delay = z.number().int().min(0).max(86_400_000).nullable();

export const delaysSchema = z.strictObject({ ackMs: delay, deliveredMs: delay, readMs: delay });
export type Delays = z.output<typeof delaysSchema>;

/** One message as a phone shows it. */
const shownSchema = z.object({
  id: z.string(),
  fromMe: z.boolean(),
  text: z.string(),
  at: z.number(),
  copies: z.number(),
  status: z.enum(["sent", "delivered", "read"]),
});
export type Shown = z.output<typeof shownSchema>;

/** Any phone number that somebody talked to: what makes it a recipient. Keys are derived from the secret, never stored. */
const phoneSchema = z.object({
  phone: phoneNumber,
  name: z.string().nullable(),
  onWhatsApp: z.boolean(),
  readReceipts: z.boolean(),
  addressing: z.enum(["pn", "lid"]),
  nextPreKeyId: z.number(),
  /** Signal sessions by protocol address, as libsignal serialises them. */
  sessions: entries(z.unknown()),
  /** By the other side's number, then by message id. */
  chats: entries(entries(shownSchema)),
});
export type Phone = z.output<typeof phoneSchema>;

/** A stanza a linked device has to confirm; it is sent again at each login until then. */
const pendingSchema = z.object({
  kind: z.enum(["message", "receipt", "notification", "peer"]),
  node: z.custom<PackedNode>((value) => typeof value === "object" && value !== null),
  /** How often this very ciphertext was put on a wire. */
  attempts: z.number(),
  retries: z.number(),
  /** Who can make it again: a simulated phone that still has the plaintext, or the linked device that sent it. */
  origin: z
    .union([
      z.object({ phone: phoneNumber, plain: z.string() }),
      z.object({ account: phoneNumber, device: z.number() }),
    ])
    .nullable(),
});
export type Pending = z.output<typeof pendingSchema>;

const deviceSchema = z.object({
  id: z.number(),
  /** Base64 of the Noise static key: logging in means proving to own it. */
  noiseKey: z.string(),
  identityKey: z.string(),
  registrationId: z.number(),
  signedPreKey: z.object({ id: z.number(), value: z.string(), signature: z.string() }),
  preKeys: entries(z.string()),
  /** Whether the phone has sent its first two messages (app state key, history). */
  welcomed: z.boolean(),
  pending: entries(pendingSchema),
});
export type Device = z.output<typeof deviceSchema>;

/** One message an account's linked devices sent to one recipient. */
const sentSchema = z.object({
  id: z.string(),
  /** The recipient as the client addressed it: receipts come from there. */
  to: z.string(),
  text: z.string().nullable(),
  copies: z.number(),
  acked: z.boolean(),
  receivedAt: z.number(),
  deliveredAt: time,
  readAt: time,
  undecryptable: z.boolean(),
  retries: z.number(),
  /** When the next receipts fall due; null when none is outstanding. */
  due: z.object({ delivered: time, read: time }),
});
export type Sent = z.output<typeof sentSchema>;

const accountSchema = z.object({
  phone: phoneNumber,
  nextDeviceId: z.number(),
  devices: entries(deviceSchema),
  delays: delaysSchema,
  /** By the recipient's number, then by message id. */
  sent: entries(entries(sentSchema)),
  /** App state patches by collection, base64, the first being version 1. */
  appState: entries(z.array(z.string())),
});
export type Account = z.output<typeof accountSchema>;

/** The whole state file. */
export const stateSchema = z.object({
  version: z.literal(1),
  /** Base64; the root key and every simulated phone's keys come from it. */
  secret: z.string(),
  phones: entries(phoneSchema),
  accounts: entries(accountSchema),
});
export type State = z.output<typeof stateSchema>;
