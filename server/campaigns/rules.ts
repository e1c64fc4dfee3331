/** The life of a campaign. It is never "failed" because of one row. */
export const campaignTransitions = {
  draft: ["scheduled", "running"],
  scheduled: ["draft", "running"],
  running: ["paused", "cancelling", "cancelled", "completed"],
  paused: ["running", "cancelling", "cancelled", "completed"],
  cancelling: ["cancelled"],
  cancelled: [],
  // Messages that failed are tried again.
  completed: ["running"],
} as const satisfies Record<string, readonly string[]>;

export type CampaignStatus = keyof typeof campaignTransitions;

/** The statuses from which a campaign may become `to`. */
export function campaignStatusesBefore(to: CampaignStatus): CampaignStatus[] {
  return (Object.keys(campaignTransitions) as CampaignStatus[]).filter((from) =>
    (campaignTransitions[from] as readonly string[]).includes(to),
  );
}

export const pauseSentences = {
  user: "You paused it.",
  plan_expired: "Your plan has ended. It goes on by itself once you have another one.",
  failures: "Three messages in a row could not be handed over. Check the phone's connection, then resume.",
  restricted: "WhatsApp restricts this account. Wait until it is lifted, then resume.",
  logged_out: "The phone was logged out. Link it again, then resume.",
  media:
    "WhatsApp did not take the file. Check the phone's connection, then resume. If it stops again, cancel it and attach another file to a copy.",
} as const satisfies Record<string, string>;

/** What a campaign is for: a `confirmation` asks people for their YES, anything else is a `message`. */
export const purposes = ["message", "confirmation"] as const;
export type Purpose = (typeof purposes)[number];

/** Whom it goes to: each person of the list, or the chat of the group that the list was made from. */
export const audiences = ["list", "group_chat"] as const;
export type Audience = (typeof audiences)[number];

/** Why somebody on a list gets no message. */
export const leftOutReasons = [
  "opted_out",
  "no_consent",
  "not_confirmed",
  "already_confirmed",
  "already_asked",
  "not_on_whatsapp",
] as const;
export type LeftOutReason = (typeof leftOutReasons)[number];

/** What is known of a person on a list when a campaign judges them. */
export interface RecipientFacts {
  consent: boolean;
  suppressed: boolean;
  /** They are reached through lists alone that want a YES before anything else is sent. */
  needsYes: boolean;
  /** They answered YES. */
  confirmed: boolean;
  /** They were asked for their YES before. */
  asked: boolean;
  /** Null while nobody asked WhatsApp. */
  onWhatsapp: boolean | null;
}

/**
 * Whether somebody gets a message, and if not why. An opt-out outranks everything; without consent nobody is even asked;
 * each is asked once.
 */
export function judgeRecipient(person: RecipientFacts, purpose: Purpose): "queued" | LeftOutReason {
  if (person.suppressed) return "opted_out";
  if (!person.consent) return "no_consent";
  if (purpose === "confirmation") {
    if (person.confirmed) return "already_confirmed";
    if (person.asked) return "already_asked";
  } else if (person.needsYes && !person.confirmed) {
    return "not_confirmed";
  }
  return person.onWhatsapp === false ? "not_on_whatsapp" : "queued";
}

export type VerdictCounts = Record<"queued" | LeftOutReason, number>;

export const noVerdicts = (): VerdictCounts => ({
  queued: 0,
  opted_out: 0,
  no_consent: 0,
  not_confirmed: 0,
  already_confirmed: 0,
  already_asked: 0,
  not_on_whatsapp: 0,
});

/** Far above any cap: a campaign on a longer list is refused, because each of its people would get a row with a reason. */
export const LIST_AT_MOST = 20_000;

interface ReachProblem {
  code: "too_many_recipients" | "list_too_long" | ReturnType<typeof nobodyCode>;
  details: Record<string, number>;
}

/** The refusal of a campaign that would reach nobody, too many, or has too many to go through; null when it can go ahead. */
export function reachProblem(verdicts: VerdictCounts, limit: number): ReachProblem | null {
  const { queued } = verdicts;
  if (queued > limit) return { code: "too_many_recipients", details: { limit, count: queued } };
  if (queued === 0) return { code: nobodyCode(verdicts), details: {} };
  const people = Object.values(verdicts).reduce((sum, n) => sum + n, 0);
  return people > LIST_AT_MOST ? { code: "list_too_long", details: { limit: LIST_AT_MOST, count: people } } : null;
}

function nobodyCode(verdicts: VerdictCounts) {
  if (verdicts.not_confirmed > 0) return "nobody_confirmed";
  return verdicts.already_confirmed + verdicts.already_asked > 0 ? "nobody_to_ask" : "no_recipients";
}

/** How a recipient is shown: their number, or that it is a group's chat; nothing of somebody who was erased. */
export function recipientAddress(recipientKey: string): string {
  if (recipientKey.startsWith("erased:")) return "";
  return recipientKey.startsWith("group:") ? "group chat" : recipientKey.replace(/^pn:/, "");
}

/** The throttle in force: never below the floor, never upside down. Milliseconds. */
export function throttleInForce(
  asked: { minMs: number; maxMs: number },
  floorMs: number,
): { minMs: number; maxMs: number } {
  const minMs = Math.max(asked.minMs, floorMs);
  return { minMs, maxMs: Math.max(asked.maxMs, minMs) };
}
