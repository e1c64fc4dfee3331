import { z } from "zod";
import { entries, phoneNumber } from "../world/entries.ts";

const participantSchema = z.object({
  phone: phoneNumber,
  admin: z.enum(["admin", "superadmin"]).nullable(),
  /** Known to the others by its LID alone: its number is never told. */
  hidden: z.boolean(),
  /** Shown to everybody in the group; a state from before it was there has none. */
  username: z.string().nullable().default(null),
});
export type Participant = z.output<typeof participantSchema>;

/** Who set a text, and when (milliseconds since 1970, simulated). */
const setBySchema = z.object({ by: phoneNumber, at: z.number() });

/** A group; its id is `…@g.us`. */
export const groupSchema = z.object({
  id: z.string(),
  subject: z.string(),
  subjectSet: setBySchema,
  description: z.string().nullable(),
  /** Null while there is no description; its id is what the next change has to name. */
  descriptionSet: setBySchema.extend({ id: z.string() }).nullable(),
  owner: phoneNumber,
  /** Milliseconds since 1970, simulated. */
  createdAt: z.number(),
  /** Whether participants are named by number or by LID. */
  addressing: z.enum(["pn", "lid"]),
  inviteCode: z.string(),
  /** By number. */
  participants: entries(participantSchema),
});
export type Group = z.output<typeof groupSchema>;

const time = z.number().nullable();

/** What became of a message at one participant; times are milliseconds since 1970, simulated. */
export const groupReceiptSchema = z.object({
  deliveredAt: time,
  readAt: time,
  /** The participant could not read the last copy and asked for it again. */
  undecryptable: z.boolean(),
  retries: z.number(),
  /** When the next receipts fall due; null when none is outstanding. */
  due: z.object({ delivered: time, read: time }),
});
export type GroupReceipt = z.output<typeof groupReceiptSchema>;

/** A chain to read one author's device with; bytes are base64. */
export const senderKeySchema = z.object({
  id: z.number(),
  /** The number of the next message, and the chain key that gives its key. */
  iteration: z.number(),
  chain: z.string(),
  /** The author's signature key, 32 bytes. */
  signer: z.string(),
  /** Keys of messages that were jumped over, by message number. */
  skipped: z.array(z.object({ iteration: z.number(), seed: z.string() })),
});
export type SenderKey = z.output<typeof senderKeySchema>;

/** The chain a simulated phone writes to one group with; bytes are base64. */
export const ownSenderKeySchema = z.object({
  id: z.number(),
  iteration: z.number(),
  chain: z.string(),
  /** The seed of the signature key. */
  signer: z.string(),
  /** The devices that have this key, as `number:device`. */
  told: z.array(z.string()),
});
export type OwnSenderKey = z.output<typeof ownSenderKeySchema>;
