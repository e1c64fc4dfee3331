import { z } from "zod";
import { MAX_DESCRIPTION, MAX_PARTICIPANTS, MAX_SUBJECT, MAX_USERNAME } from "../groups/rules.ts";
import { phoneParameter } from "./parts.ts";

const subject = z.string().trim().min(1).max(MAX_SUBJECT);
const description = z.string().trim().min(1).max(MAX_DESCRIPTION);

const username = z.string().trim().min(1).max(MAX_USERNAME);

const participant = z.strictObject({
  phone: phoneParameter,
  admin: z.boolean().optional(),
  /** Its number is told to nobody: the others know it by its LID. */
  hidden: z.boolean().optional(),
  /** The name they chose for people who do not have their number. */
  username: username.optional(),
});

const group = z
  .strictObject({
    subject,
    owner: phoneParameter,
    /** The owner is one of them, whether it is named or not. */
    participants: z.array(participant).default([]),
    /** How participants are named; groups of numbers are the older kind and hide nobody. */
    addressing: z.enum(["pn", "lid"]).default("lid"),
    description: description.optional(),
  })
  .refine(
    ({ owner, participants }) => new Set([owner, ...participants.map(({ phone }) => phone)]).size <= MAX_PARTICIPANTS,
    `a group has at most ${MAX_PARTICIPANTS} participants`,
  )
  .refine(
    ({ addressing, participants }) => addressing === "lid" || !participants.some(({ hidden }) => hidden),
    'nobody is hidden in a group that names numbers: use addressing "lid"',
  );

/** The bodies of `/groups`. */
export const groupBodies = {
  group,
  participants: z.strictObject({
    action: z.enum(["add", "remove", "leave", "promote", "demote"]),
    phones: z.array(phoneParameter).min(1).max(MAX_PARTICIPANTS),
  }),
  /** A description of null takes it away. */
  settings: z.strictObject({ subject, description: description.nullable() }).partial(),
};
export type GroupBody = z.input<typeof groupBodies.group>;
export type GroupAction = z.output<typeof groupBodies.participants>["action"];
export type GroupSettings = z.input<typeof groupBodies.settings>;

/** A group as nobody in it sees it: with every number. */
export interface GroupView {
  /** `…@g.us`; also what its chat is called on every phone. */
  id: string;
  subject: string;
  description: string | null;
  owner: string;
  addressing: "pn" | "lid";
  inviteCode: string;
  inviteLink: string;
  participants: { phone: string; lid: string; admin: "admin" | "superadmin" | null; hidden: boolean }[];
}
