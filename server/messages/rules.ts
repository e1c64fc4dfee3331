/** The life of a message. Facts from WhatsApp only ever raise the rank; everything else is listed here. */
export const messageTransitions = {
  queued: ["sending", "skipped", "cancelled", "failed"],
  sending: ["sent", "delivered", "read", "failed", "unknown", "queued", "skipped"],
  unknown: ["sent", "delivered", "read", "failed"],
  sent: ["delivered", "read"],
  delivered: ["read"],
  read: [],
  // A late acceptance is still true after the user, or 14 days of silence, had given the message up.
  failed: ["sent", "delivered", "read"],
  skipped: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type MessageStatus = keyof typeof messageTransitions;
export const messageStatuses = Object.keys(messageTransitions) as MessageStatus[];

export function canBecome(from: MessageStatus, to: MessageStatus): boolean {
  return (messageTransitions[from] as readonly string[]).includes(to);
}

/** `opt_out` confirms an opt-out and is the only message that passes it; `test` goes to the user's own phone. */
export const messageKinds = ["campaign", "opt_out", "test"] as const;
export type MessageKind = (typeof messageKinds)[number];

/** What a move does to the points: charge the hold, charge what had been given back, give the hold back, or nothing. */
export type PointsMove = "settle" | "settle_late" | "release" | "keep";

/** What WhatsApp said of a message. */
export type Fact = { type: "ack" } | { type: "nack"; code: number } | { type: "delivered" } | { type: "read" };

const reached = { ack: "sent", delivered: "delivered", read: "read", nack: "failed" } as const satisfies Record<
  Fact["type"],
  MessageStatus
>;

/**
 * What a fact makes of a message: the new status and whether points are charged or their hold released; null when the
 * fact tells nothing new (a repeat, or one that came after a later one).
 */
export function applyFactTo(status: MessageStatus, fact: Fact): { status: MessageStatus; points: PointsMove } | null {
  const next = reached[fact.type];
  if (fact.type === "nack") {
    return status === "sending" || status === "unknown" ? { status: next, points: "release" } : null;
  }
  if (!canBecome(status, next)) return null;
  if (status === "failed") return { status: next, points: "settle_late" };
  return { status: next, points: status === "sending" || status === "unknown" ? "settle" : "keep" };
}

/** What a fact makes of a message in each status; a status that is missing stays as it is. */
export function outcomesOf(fact: Fact): Partial<Record<MessageStatus, { status: MessageStatus; points: PointsMove }>> {
  const outcomes = messageStatuses.flatMap((status) => {
    const outcome = applyFactTo(status, fact);
    return outcome ? [[status, outcome] as const] : [];
  });
  return Object.fromEntries(outcomes);
}

/** Error codes of WhatsApp that speak of the account, not of the recipient: everything of the session stops. */
export const accountCodes: ReadonlySet<number> = new Set([401, 403, 463]);

/**
 * How long to wait for an answer after the 1st, 2nd, 3rd and every later submission before the next re-drive: 30 s, 2 min,
 * 10 min, then hourly at the default timeout.
 */
export function redriveDelaysMs(ackTimeoutMs: number): number[] {
  return [1, 4, 20, 120].map((step) => step * ackTimeoutMs);
}

const TRANSPORT_RETRY_MS = [30_000, 60_000, 120_000];
/** The wait after the n-th transport error before the write; null when the row has had its three retries. */
export function transportRetryMs(errors: number): number | null {
  return TRANSPORT_RETRY_MS[errors - 1] ?? null;
}

/** After how many rows in a row that ended for a transport reason the campaign pauses. */
export const FAILURES_BEFORE_PAUSE = 3;

/** Why a row was not sent, in plain words with what to do. Unknown codes are WhatsApp's own numbers. */
export function reasonSentence(code: string | null): string {
  if (code === null) return "";
  return reasons[code] ?? `WhatsApp refused this message (code ${code}).`;
}

const reasons: Record<string, string> = {
  no_consent: "No recorded consent. Import the contact again once the person has agreed.",
  opted_out: "This person asked not to be messaged. Only they can lift it, by writing START.",
  contact_removed: "This contact was removed before the message was sent.",
  contact_erased: "This person was erased. Nothing of them is kept, and nothing is sent to them.",
  number_changed: "The number of this contact was changed before the message was sent.",
  merged: "This contact became one with another, who gets the message of this campaign.",
  not_confirmed: "This person has not answered YES yet, and the list asks for it. Ask them to confirm first.",
  already_confirmed: "This person has confirmed already, so there was nothing to ask.",
  already_asked: "This person was asked before. Nobody is asked twice.",
  member_opted_out: "Somebody in this group asked not to be messaged, and a message to the group would reach them.",
  opted_in: "This person wrote START before their opt-out was confirmed, so there was nothing left to confirm.",
  too_late: "This could not be sent within 24 hours, and after that it would only surprise.",
  not_in_group: "This phone is not in that group any more. Import another group that it is in.",
  not_on_whatsapp: "This number has no WhatsApp account. Check the number.",
  transport: "The connection failed four times before anything was sent. Check the phone's connection, then try again.",
  unconfirmed: "WhatsApp never confirmed this message within 14 days; its points were released.",
  cancelled: "The campaign was cancelled before this message was sent.",
  "463": "WhatsApp restricts this account from starting new chats. Sending has been paused.",
  "403": "WhatsApp refused this account. Sending has been paused.",
  "401": "WhatsApp has logged this phone out. Link it again.",
};
