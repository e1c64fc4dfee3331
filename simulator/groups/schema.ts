import { z } from "zod";
import { entries, phoneNumber } from "../world/entries.ts";

const participantSchema = z.object({
  phone: phoneNumber,
  admin: z.enum(["admin", "superadmin"]).nullable(),
  /** Known to the others by its LID alone: its number is never told. */
  hidden: z.boolean(),
});
export type Participant = z.output<typeof participantSchema>;

/** A group; its id is `…@g.us`. */
export const groupSchema = z.object({
  id: z.string(),
  subject: z.string(),
  description: z.string().nullable(),
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
