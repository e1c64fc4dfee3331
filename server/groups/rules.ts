import type { SessionStatus } from "../wa/rules.ts";

/** A group with more members, this phone included, is not imported. */
export const LARGEST_GROUP = 100;

/** Milliseconds in which the groups of a phone are not asked for again: what it answered serves. */
export const LIST_EVERY_MS = 30_000;

/** What WhatsApp said of groups is about people who agreed to nothing: after so long it is erased. */
export const ANSWER_HOURS = 1;

/** Where a socket is there, or may be in a moment. */
export const statusesForGroups = ["linked", "reconnecting", "restricted"] as const satisfies SessionStatus[];

const HOST = "https://chat.whatsapp.com/";
const CODE = /^[A-Za-z0-9_-]{16,32}$/;

/** The code in an invite link, or a code alone; null when it is neither. */
export function inviteCodeOf(text: string): string | null {
  const bare = text.trim().replace(/^(https?:\/\/)?chat\.whatsapp\.com\/(invite\/)?/i, HOST);
  const code = bare.startsWith(HOST) ? (bare.slice(HOST.length).split(/[/?#]/)[0] ?? "") : bare;
  return CODE.test(code) ? code : null;
}

/** How a text is compared in a search: without capitals and accents. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const whys: Record<string, string> = {
  not_in_group: "This phone is not in that group. Only groups it is in can be read; MassSender never joins one.",
  no_such_invite: "This invite link leads to no group, or was revoked.",
  "session offline": "The phone was not connected to WhatsApp in time. See the Link page, then try again.",
};

/** Why a question about groups came to nothing, in a sentence. @param why as the worker wrote it down */
export function tellWhy(why: string): string {
  return whys[why] ?? "WhatsApp did not answer. Try again in a moment.";
}
