import { z } from "zod";
import { businessSchema } from "../graph/schema.ts";
import {
  type Group,
  type GroupReceipt,
  groupReceiptSchema,
  groupSchema,
  type OwnSenderKey,
  ownSenderKeySchema,
  type SenderKey,
  senderKeySchema,
} from "../groups/schema.ts";
import type { PackedNode } from "../wire/nodes.ts";
import { type Delays, delaysSchema } from "./delays.ts";
import { Entries, entries, phoneNumber } from "./entries.ts";

const time = z.number().nullable();

export { type Delays, delaysSchema };

/** A picture or file; `sha256` (hex) names its bytes in the media vault. */
const mediaSchema = z.object({
  kind: z.enum(["image", "document", "video", "audio", "sticker"]),
  mimeType: z.string(),
  fileName: z.string().nullable(),
  bytes: z.number(),
  sha256: z.string(),
});
export type Media = z.output<typeof mediaSchema>;

/** One message as a phone shows it. */
const shownSchema = z.object({
  id: z.string(),
  fromMe: z.boolean(),
  /** Who wrote it, in a group. */
  author: phoneNumber.nullable().default(null),
  /** The text, or the caption of its media. */
  text: z.string(),
  media: mediaSchema.nullable().default(null),
  /** The message it replies to. */
  quoted: z.object({ id: z.string(), text: z.string() }).nullable().default(null),
  /** The text is not the first one. */
  edited: z.boolean().default(false),
  /** Deleted for everybody: neither text nor media is left. */
  revoked: z.boolean().default(false),
  /** At most one of each person. */
  reactions: z.array(z.object({ by: phoneNumber, emoji: z.string() })).default(() => []),
  at: z.number(),
  copies: z.number(),
  status: z.enum(["sent", "delivered", "read"]),
});
export type Shown = z.output<typeof shownSchema>;

/** A ciphertext from a linked device that a phone has not read yet. */
const heldSchema = z.object({
  /** The linked device that sent it. */
  account: phoneNumber,
  device: z.number(),
  id: z.string(),
  /** The whole `<enc>`. */
  enc: z.custom<PackedNode>((value) => typeof value === "object" && value !== null),
  /** The chat as the device addressed it. */
  to: z.string(),
  arrivedAt: z.number(),
});
export type Held = z.output<typeof heldSchema>;

/** Any phone number that somebody talked to: what makes it a recipient. Keys are derived from the secret, never stored. */
const phoneSchema = z.object({
  phone: phoneNumber,
  name: z.string().nullable(),
  onWhatsApp: z.boolean(),
  readReceipts: z.boolean(),
  addressing: z.enum(["pn", "lid"]),
  /** A phone that is off reads nothing and answers nothing until it is on again. */
  online: z.boolean().default(true),
  /** How often it was installed anew: each time its keys are others. */
  generation: z.number().default(0),
  /** The spelling WhatsApp knows this number by, when people write it in another way. */
  aliasOf: phoneNumber.nullable().default(null),
  nextPreKeyId: z.number(),
  /** Signal sessions by protocol address, as libsignal serialises them. */
  sessions: entries(z.unknown()),
  /** By the other side's number or the group's id, then by message id. */
  chats: entries(entries(shownSchema)),
  /** Ciphertexts that wait for the phone to be on. */
  held: z.array(heldSchema).default(() => []),
  /** What it reads the messages of groups with: the keys of the others, by group and author's device. */
  senderKeys: entries(z.array(senderKeySchema)).default(() => new Entries<SenderKey[]>()),
  /** What it writes to groups with, by group. */
  ownSenderKeys: entries(ownSenderKeySchema).default(() => new Entries<OwnSenderKey>()),
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
  /** What phones call it, such as "Chrome (Ubuntu)". */
  platform: z.string().default("Unknown"),
  linkedAt: z.number().default(0),
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
  /** Whether the server took it; what it refused is remembered, but went nowhere. */
  taken: z.boolean().default(true),
  acked: z.boolean(),
  receivedAt: z.number(),
  deliveredAt: time,
  readAt: time,
  undecryptable: z.boolean(),
  retries: z.number(),
  /** When the next receipts fall due; null when none is outstanding. */
  due: z.object({ delivered: time, read: time }),
  /** In a group: what became of it at each participant, by number. */
  participants: entries(groupReceiptSchema).default(() => new Entries<GroupReceipt>()),
});
export type Sent = z.output<typeof sentSchema>;

/** What WhatsApp lets an account do. Times are milliseconds since 1970, simulated. */
const limitsSchema = z.object({
  /** No new chats until then. */
  reachout: z.object({ until: z.number(), type: z.string() }).nullable(),
  /** How many new chats this cycle allows. */
  newChats: z
    .object({ total: z.number(), used: z.number(), cycleBegan: z.number().default(0), cycleEnds: z.number() })
    .nullable(),
});
export type Limits = z.output<typeof limitsSchema>;

const accountSchema = z.object({
  phone: phoneNumber,
  nextDeviceId: z.number(),
  devices: entries(deviceSchema),
  delays: delaysSchema,
  /** WhatsApp asks for a passkey before a device may be linked. */
  passkey: z.boolean().default(false),
  limits: limitsSchema.default({ reachout: null, newChats: null }),
  /** Privacy settings the account changed, by category. */
  privacy: entries(z.string()).default(() => new Entries<string>()),
  blocked: z.array(phoneNumber).default(() => []),
  /** By the recipient's number, then by message id. */
  sent: entries(entries(sentSchema)),
  /** App state patches by collection, base64, the first being version 1. */
  appState: entries(z.array(z.string())),
});
export type Account = z.output<typeof accountSchema>;

/** A certificate with its private key, both PEM. */
const certificateSchema = z.object({ key: z.string(), cert: z.string() });
export type Certificate = z.output<typeof certificateSchema>;

/** The whole state file. */
export const stateSchema = z.object({
  version: z.literal(1),
  /** Base64; the root key, every simulated phone's keys and every draw come from it. */
  secret: z.string(),
  /** What the secret was made from, when it was made from a seed. */
  seed: z.string().nullable().default(null),
  /** How often a simulator was started on this file. */
  runs: z.number().default(0),
  /** Milliseconds the simulated clock is ahead. */
  ahead: z.number().default(0),
  phones: entries(phoneSchema),
  accounts: entries(accountSchema),
  groups: entries(groupSchema).default(() => new Entries<Group>()),
  business: businessSchema.prefault({}),
  /** Who signs the certificate of the media server; null before the first start. */
  authority: certificateSchema.nullable().default(null),
  /** Where the media server listened last. */
  mediaPort: z.number().nullable().default(null),
});
export type State = z.output<typeof stateSchema>;
