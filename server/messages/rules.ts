/** The life of a message. Facts from WhatsApp only ever raise the rank; everything else is listed here. */
export const messageTransitions = {
  queued: ["sending", "skipped", "cancelled", "failed"],
  sending: ["sent", "delivered", "read", "failed", "unknown", "queued", "skipped"],
  // `sending`: its user has it handed over once more, under the same id.
  unknown: ["sent", "delivered", "read", "failed", "sending"],
  // `failed`: WhatsApp took it, and said later that it had not got through.
  sent: ["delivered", "read", "failed"],
  delivered: ["read", "failed"],
  read: [],
  // A late acceptance is still true after the user, or 14 days of silence, had given the message up; and so is an arrival
  // after WhatsApp had taken its word back. `queued`: tried again.
  failed: ["sent", "delivered", "read", "queued"],
  skipped: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type MessageStatus = keyof typeof messageTransitions;
export const messageStatuses = Object.keys(messageTransitions) as MessageStatus[];

export function canBecome(from: MessageStatus, to: MessageStatus): boolean {
  return (messageTransitions[from] as readonly string[]).includes(to);
}

/**
 * `opt_out` confirms an opt-out and is the only message that passes it; `test` goes to the user's own phone; `auto_reply` is
 * a rule's answer, `manual` what a person writes in the inbox.
 */
export const messageKinds = ["campaign", "opt_out", "test", "auto_reply", "manual"] as const;
export type MessageKind = (typeof messageKinds)[number];

/**
 * What a move does to the points: charge the hold, charge what had been given back, give the hold back, give back what was
 * charged, mark as never charged, or nothing.
 */
export type PointsMove = "settle" | "settle_late" | "release" | "refund" | "forgive" | "keep";

/**
 * What WhatsApp said of a message. `nack` answers one handing over; `failed` speaks of the message itself, whatever became of
 * it before (a phone's connection knows only the first, the official API only the second).
 */
export type Fact =
  | { type: "ack" }
  | { type: "nack"; code: number }
  | { type: "failed"; code: number }
  | { type: "delivered" }
  | { type: "read" };

/**
 * What a fact finds: the status, told apart where it alone does not say enough. `sent_again`: sent, and handed over more than
 * once. `taken_back`: failed after WhatsApp had accepted it; what it cost was given back, and it is not charged a second time.
 */
export type Standing = MessageStatus | "sent_again" | "taken_back";
const standings: readonly Standing[] = [...messageStatuses, "sent_again", "taken_back"];

/** The new status, what becomes of the points, and the reason's code of an end. */
export interface Outcome {
  status: MessageStatus;
  points: PointsMove;
  error: string | null;
}

/** The reason of what failed after it had been accepted, with WhatsApp's own code. */
const LATE = "late_";

/**
 * What a fact makes of a message; null when it tells nothing new (a repeat, or one that came after a later one). A refusal of
 * what was handed over again says nothing of the time before, when it was accepted; nor does one after the recipient's own
 * phone has confirmed it. What was taken back is accepted no second time, but an arrival is the truth, and costs nothing.
 */
export function applyFactTo(standing: Standing, fact: Fact): Outcome | null {
  switch (fact.type) {
    case "nack":
    case "failed":
      return refusedAt(standing, fact);
    case "ack":
      return standing === "taken_back" ? null : acceptedAt(standing, "sent");
    case "delivered":
    case "read":
      return acceptedAt(standing, fact.type);
  }
}

function refusedAt(standing: Standing, { type, code }: { type: "nack" | "failed"; code: number }): Outcome | null {
  const wasAccepted = type === "nack" ? ["sent"] : ["sent", "sent_again", "delivered"];
  if (wasAccepted.includes(standing)) return { status: "failed", points: "refund", error: `${LATE}${code}` };
  const isOpen = standing === "sending" || standing === "unknown";
  return isOpen ? { status: "failed", points: "release", error: String(code) } : null;
}

function acceptedAt(standing: Standing, status: "sent" | "delivered" | "read"): Outcome | null {
  if (standing === "taken_back") return { status, points: "forgive", error: null };
  const from = standing === "sent_again" ? "sent" : standing;
  if (!canBecome(from, status)) return null;
  if (from === "failed") return { status, points: "settle_late", error: null };
  return { status, points: from === "sending" || from === "unknown" ? "settle" : "keep", error: null };
}

/** What a fact makes of a message in each standing; one that is missing stays as it is. */
export function outcomesOf(fact: Fact): Partial<Record<Standing, Outcome>> {
  const outcomes = standings.flatMap((standing) => {
    const outcome = applyFactTo(standing, fact);
    return outcome ? [[standing, outcome] as const] : [];
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

/** What can be done about a reason: try again, decide by hand, look at the phone, the person or the opt-outs; null for nothing. */
export type Remedy = "retry" | "decide" | "phone" | "contacts" | "suppressed" | "confirm" | null;

interface Reason {
  /** Why, in plain words, and what to do. */
  sentence: string;
  remedy: Remedy;
}

const reasons: Record<string, Reason> = {
  no_consent: {
    sentence: "No recorded consent. Import the contact again once the person has agreed.",
    remedy: "contacts",
  },
  opted_out: {
    sentence: "This person asked not to be messaged. Only they can lift it, by writing START.",
    remedy: "suppressed",
  },
  contact_removed: { sentence: "This contact was removed before the message was sent.", remedy: null },
  contact_erased: {
    sentence: "This person was erased. Nothing of them is kept, and nothing is sent to them.",
    remedy: null,
  },
  number_changed: {
    sentence: "The number of this contact was changed before the message was sent.",
    remedy: "contacts",
  },
  merged: {
    sentence: "This contact became one with another, who gets the message of this campaign.",
    remedy: null,
  },
  not_confirmed: {
    sentence: "This person has not answered YES yet, and the list asks for it. Ask them to confirm first.",
    remedy: "confirm",
  },
  already_confirmed: { sentence: "This person has confirmed already, so there was nothing to ask.", remedy: null },
  already_asked: { sentence: "This person was asked before. Nobody is asked twice.", remedy: null },
  member_opted_out: {
    sentence: "Somebody in this group asked not to be messaged, and a message to the group would reach them.",
    remedy: "suppressed",
  },
  opted_in: {
    sentence: "This person wrote START before their opt-out was confirmed, so there was nothing left to confirm.",
    remedy: null,
  },
  too_late: {
    sentence: "This could not be sent in its time, and later it would only surprise.",
    remedy: null,
  },
  not_in_group: {
    sentence: "This phone is not in that group any more. Let it back in, then try again, or import another group.",
    remedy: "retry",
  },
  not_on_whatsapp: { sentence: "This number has no WhatsApp account. Check the number.", remedy: "contacts" },
  transport: {
    sentence:
      "The connection failed four times before anything was sent. Check the phone's connection, then try again.",
    remedy: "retry",
  },
  media: {
    sentence: "The file could not be given to WhatsApp, so nothing was sent. Attach it again, or try again later.",
    remedy: null,
  },
  unconfirmed: {
    sentence: "WhatsApp never confirmed this message within 14 days; its points were released.",
    remedy: null,
  },
  treated_as_failed: {
    sentence: "You took this for failed: WhatsApp had not answered. Should it have arrived after all, it says so here.",
    remedy: null,
  },
  no_answer: {
    sentence:
      "WhatsApp never answered, so nobody knows whether this arrived. Its points stay held for 14 days. Retry it safely, which cannot show it twice, or take it for failed.",
    remedy: "decide",
  },
  message_gone: {
    sentence:
      "What was sent is not kept any more: after 14 days, or when the phone was linked anew. It cannot be repeated.",
    remedy: null,
  },
  replaced: {
    sentence: "This person wrote again before your hours opened, and their later message is answered instead.",
    remedy: null,
  },
  rules_stopped: { sentence: "The automatic answers were stopped before this one was sent.", remedy: null },
  rule_changed: {
    sentence: "The rule was changed before this answer was sent. Who writes again is answered by the new one.",
    remedy: null,
  },
  withdrawn: { sentence: "You took this back before it was sent.", remedy: null },
  cancelled: { sentence: "The campaign was cancelled before this message was sent.", remedy: null },
  "463": {
    sentence: "WhatsApp restricts this account from starting new chats. Once that is lifted, resume, then try again.",
    remedy: "retry",
  },
  "403": { sentence: "WhatsApp refused this account. Look at the phone before anything else.", remedy: "phone" },
  "401": { sentence: "WhatsApp has logged this phone out. Link it again, then try again.", remedy: "retry" },
};

const isCode = (code: string) => /^\d{3,4}$/.test(code);

/** Under the id it had it would not be shown, so it is not tried again: who is written to anew gets another message. */
const takenBack = (code: string): Reason => ({
  sentence: `WhatsApp took this message, then said that it had not got through (code ${code}). Its points were given back. To reach this person all the same, write a new message.`,
  remedy: null,
});

function reasonOf(code: string): Reason {
  if (code.startsWith(LATE)) return takenBack(code.slice(LATE.length));
  return (
    reasons[code] ?? {
      sentence: `WhatsApp refused this message (code ${code}). Nothing was charged; it can be tried again.`,
      remedy: isCode(code) ? "retry" : null,
    }
  );
}

/** Why a row was not sent, in plain words with what to do. Unknown codes are WhatsApp's own numbers. */
export function reasonSentence(code: string | null): string {
  return code === null ? "" : reasonOf(code).sentence;
}

export function remedyOf(code: string): Remedy {
  return reasonOf(code).remedy;
}

/** Ends before or at WhatsApp that were certainly not an arrival, and may go differently the next time. */
const retried: ReadonlySet<string> = new Set(["transport", "not_in_group"]);

/**
 * Why a failed row cannot be tried again, as a reason's code; null when it can. What its user gave up, what WhatsApp never
 * confirmed and what has no WhatsApp is not tried again; what speaks of the account waits until the account is free.
 * @param obstacle what has become of the person since: server/messages/obstacle.ts
 */
export function retryProblem(row: {
  errorCode: string | null;
  obstacle: string | null;
  accountFree: boolean;
}): string | null {
  const { errorCode } = row;
  if (errorCode === null || !(retried.has(errorCode) || isCode(errorCode))) return errorCode ?? "no_answer";
  if (isCode(errorCode) && accountCodes.has(Number(errorCode)) && !row.accountFree) return errorCode;
  return row.obstacle;
}

/**
 * Why an unanswered message cannot be repeated under its id, as a reason's code; null when it can. After an opt-out nothing
 * is repeated, and only what is kept as it was sent can be.
 */
export function repeatProblem(row: {
  errorCode: string | null;
  obstacle: string | null;
  isKept: boolean;
}): string | null {
  return row.errorCode ?? row.obstacle ?? (row.isKept ? null : "message_gone");
}
