import { lidJid, pnJid } from "../wire/jids.ts";
import type { Group, Participant } from "./schema.ts";

/** What can be done to the list of participants. */
export type Action = "add" | "remove" | "leave" | "promote" | "demote";

/** Somebody who comes in: no admin, with a number that everybody sees. */
export const newMember = (phone: string): Participant => ({ phone, admin: null, hidden: false, username: null });

/** A participant, or one of its devices, as this group names it. */
export const memberJid = (group: Group, phone: string, device = 0): string =>
  group.addressing === "lid" ? lidJid(phone, device) : pnJid(phone, device);

/** A participant's other address; undefined when that is a number the viewer is not told. */
const otherJid = (group: Group, member: Participant, viewer: string): string | undefined => {
  if (group.addressing === "pn") return lidJid(member.phone);
  return member.hidden && member.phone !== viewer ? undefined : pnJid(member.phone);
};

/** `<participant>` attributes of a list, as one viewer may see them. */
export const memberAttributes = (group: Group, member: Participant, viewer: string) => ({
  jid: memberJid(group, member.phone),
  [group.addressing === "lid" ? "phone_number" : "lid"]: otherJid(group, member, viewer),
  type: member.admin ?? undefined,
  username: member.username ?? undefined,
});

/** The attributes of a stanza that name who wrote or acted, as one viewer may see them. */
export const authorAttributes = (group: Group, author: Participant, viewer: string, device = 0) => ({
  participant: memberJid(group, author.phone, device),
  [group.addressing === "lid" ? "participant_pn" : "participant_lid"]: otherJid(group, author, viewer),
  addressing_mode: group.addressing,
});

/** Whether this number may change the group. */
export const isAdmin = (group: Group, phone: string): boolean => Boolean(group.participants.get(phone)?.admin);

/**
 * Why an action cannot be done to a number, as the code WhatsApp puts on it. That the creator stays (405) is an assumption,
 * not something seen on the real server.
 */
export const obstacle = (group: Group, action: Action, phone: string): 404 | 405 | 409 | undefined => {
  const member = group.participants.get(phone);
  if (action === "add") return member ? 409 : undefined;
  if (!member) return 404;
  return action !== "leave" && member.admin === "superadmin" ? 405 : undefined;
};

/** What WhatsApp allows: people in a group, letters of its name, of its description and of a username. */
export const MAX_PARTICIPANTS = 1024;
export const MAX_SUBJECT = 100;
export const MAX_DESCRIPTION = 2048;
export const MAX_USERNAME = 30;
