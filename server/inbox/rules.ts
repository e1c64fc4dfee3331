import type { inboundMessages } from "#db/schema/index.ts";
import { type MessageStatus, retryProblem } from "../messages/rules.ts";

/**
 * The one identity a person goes by: the number of the contact they are, else a number, else what WhatsApp calls them while
 * it hides their number.
 * @param known every identity known of them, at least one
 */
export function personOf(known: readonly string[], contactPhone: string | null): string {
  const own = contactPhone === null ? undefined : known.find((identity) => identity === `pn:${contactPhone}`);
  const first = known.toSorted()[0];
  if (first === undefined) throw new Error("nobody is known by nothing");
  return own ?? known.toSorted().find((identity) => identity.startsWith("pn:")) ?? first;
}

/** A number with "+"; null while WhatsApp hides it. */
export const phoneOf = (person: string): string | null => (person.startsWith("pn:") ? person.slice(3) : null);

type Content = (typeof inboundMessages.$inferSelect)["content"];

/** What came beside or instead of a text, in a word. Files of other people are not fetched: they are on the phone. */
export const contentWords = {
  text: "Text",
  picture: "Picture",
  video: "Video",
  audio: "Voice message or sound",
  document: "Document",
  sticker: "Sticker",
  location: "Place on a map",
  contact: "Contact card",
  other: "Something this app cannot show",
} as const satisfies Record<Content, string>;

const HOUR_S = 3_600;
/** What a person wrote by hand waits so long for the phone, the hours and the connection. */
export const REPLY_LIVES_S = 24 * HOUR_S;

/**
 * In how many seconds a reply that could not leave is left out: 24 hours; where the hours open later than that, an hour
 * after they do.
 */
export function replyLivesSeconds(now: Date, leavesAt: Date): number {
  const waits = Math.ceil((leavesAt.getTime() - now.getTime()) / 1_000);
  return Math.max(REPLY_LIVES_S, waits + HOUR_S);
}

/** What decides whether somebody can be answered by hand now. */
export interface ReplyFacts {
  suppressed: boolean;
  /** Who it is among the user's contacts. */
  contact: { name: string; consent: boolean } | null;
  planActive: boolean;
  /** The phone's state, in a word for people; null: it is linked, or is coming back by itself. */
  phoneState: string | null;
  now: Date;
  /** When messages may leave: now, or when the hours open; null when they never do. */
  leavesAt: Date | null;
  /** Of the phone's day: what it has sent, what it may, and when the next begins. */
  day: { sent: number; most: number; endsAt: Date | null };
}

export type ReplyProblem =
  | "opted_out"
  | "reply_no_consent"
  | "plan_expired"
  | "reply_phone"
  | "reply_closed"
  | "daily_cap_reached";

/**
 * Why somebody cannot be answered, the strongest reason first; null when they can. Outside the hours they can: it waits.
 * Somebody who is no contact wrote first, which is reason enough to answer.
 */
export function replyProblem(facts: ReplyFacts): ReplyProblem | null {
  const { contact, leavesAt, day } = facts;
  if (facts.suppressed) return "opted_out";
  if (contact !== null && !contact.consent) return "reply_no_consent";
  if (!facts.planActive) return "plan_expired";
  if (facts.phoneState !== null) return "reply_phone";
  if (leavesAt === null) return "reply_closed";
  const sameDay = day.endsAt === null || leavesAt < day.endsAt;
  return day.sent >= day.most && sameDay ? "daily_cap_reached" : null;
}

/**
 * Why a reply by hand cannot be sent again, as a reason's code; null when it failed and can. A file that could not be given to
 * WhatsApp is tried again here: there is no campaign that waits for somebody to attach it anew.
 */
export function replyAgainProblem(row: {
  status: MessageStatus;
  errorCode: string | null;
  text: string | null;
  mediaId: string | null;
}): string | null {
  const { status, errorCode } = row;
  if (status !== "failed") return errorCode ?? status;
  const obstacle = row.text || row.mediaId !== null ? null : "message_gone";
  // Whether the phone and its account are free is looked at with everything else that a new one is refused for.
  return errorCode === "media" ? obstacle : retryProblem({ errorCode, obstacle, accountFree: true });
}
