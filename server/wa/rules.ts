import type { waSessions } from "#db/schema/index.ts";

export type SessionStatus = (typeof waSessions.$inferSelect)["status"];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const whileLinking = [
  "waiting",
  "pairing",
  "linked",
  "expired",
  "passkey_required",
  "needs_attention",
  "restricted",
  "logged_out",
  "removed",
] as const satisfies SessionStatus[];

/** The life of a session: what may follow each status. */
export const sessionTransitions = {
  new: ["waiting", "removed"],
  waiting: whileLinking,
  pairing: whileLinking,
  linked: ["linked", "reconnecting", "needs_attention", "restricted", "logged_out", "expired"],
  reconnecting: ["linked", "reconnecting", "needs_attention", "restricted", "logged_out", "expired"],
  needs_attention: ["waiting", "removed"],
  restricted: ["linked", "restricted", "needs_attention", "logged_out", "expired", "waiting", "removed"],
  logged_out: ["waiting", "removed"],
  expired: ["waiting", "removed"],
  passkey_required: ["waiting", "removed"],
  removed: [],
} as const satisfies Record<SessionStatus, readonly SessionStatus[]>;

export const sessionStatuses = Object.keys(sessionTransitions) as SessionStatus[];

export function mayFollow(from: SessionStatus, to: SessionStatus): boolean {
  const next: readonly SessionStatus[] = sessionTransitions[from];
  return next.includes(to);
}

/** The statuses from which a session may come to `to`. */
export function statusesBefore(to: SessionStatus): SessionStatus[] {
  return sessionStatuses.filter((from) => mayFollow(from, to));
}

/** A worker keeps a socket open for sessions in these statuses, and for one that is restricted until a known time. */
export const statusesWithSocket = ["waiting", "pairing", "linked", "reconnecting"] as const satisfies SessionStatus[];

/** The user may ask for fresh codes here: the old credentials are gone, or of no more use, or there are none yet. */
export const statusesForNewQr = statusesBefore("waiting");

/** Where each thing that needs the socket may be asked for. */
export const statusesForCommand = {
  unlink: ["linked", "reconnecting", "restricted"],
  read_limits: ["linked", "restricted"],
  reconnect: ["waiting", "pairing", "linked", "reconnecting", "restricted"],
} as const satisfies Record<string, readonly SessionStatus[]>;

/** A phone that was not used for so long is unlinked; its user is told before. Days. */
export const IDLE_DAYS = 7;
export const IDLE_WARNING_DAYS = 2;
/** For so long WhatsApp is asked, hour by hour, to unlink it; then its keys are erased without. Hours. */
export const IDLE_TRYING_HOURS = 24;

/** How a linked phone was used, and what was done about its idleness so far. */
export interface Use {
  lastUsedAt: Date;
  /** A campaign of it runs, waits for its time or is paused. One that missed its time waits for its user, not for the phone. */
  busy: boolean;
  /** Its user was told that it will be unlinked. */
  warnedAt: Date | null;
  /** WhatsApp is being asked to unlink it since then. */
  unlinkingAt: Date | null;
}

/**
 * What is due for a phone that may be idle: `warn` its user, `clear` the warning because it was used since, `unlink` it at
 * WhatsApp (again, each hour), `wipe` its keys because WhatsApp could not be reached, or nothing. Nobody is unlinked without
 * a warning IDLE_WARNING_DAYS before, however late that came.
 */
export function idleStep(
  { lastUsedAt, busy, warnedAt, unlinkingAt }: Use,
  now: Date,
): "none" | "warn" | "clear" | "unlink" | "wipe" {
  const since = (then: Date) => now.getTime() - then.getTime();
  if (busy || since(lastUsedAt) < (IDLE_DAYS - IDLE_WARNING_DAYS) * DAY_MS) return warnedAt ? "clear" : "none";
  if (!warnedAt) return "warn";
  if (since(warnedAt) < IDLE_WARNING_DAYS * DAY_MS) return "none";
  return unlinkingAt && since(unlinkingAt) >= IDLE_TRYING_HOURS * HOUR_MS ? "wipe" : "unlink";
}

/**
 * What the user does next. `scan`, `type`: use the code on the phone; `try_now`: do not wait for the next try to connect;
 * `ask_again`: let WhatsApp be asked whether its restriction holds; `new_qr`: link again.
 */
export type NextStep = "scan" | "type" | "wait" | "try_now" | "ask_again" | "new_qr" | null;

interface Told {
  label: string;
  sentence: string;
  next: NextStep;
}

const told: Record<SessionStatus, Told> = {
  new: { label: "New", sentence: "The code is being prepared.", next: "wait" },
  waiting: {
    label: "Waiting for the phone",
    sentence: "On your phone open WhatsApp, Settings, Linked devices, Link a device, and scan the code.",
    next: "scan",
  },
  pairing: { label: "Pairing", sentence: "The code was accepted. WhatsApp is pairing this device.", next: "wait" },
  linked: { label: "Linked", sentence: "This phone is linked and ready to send.", next: null },
  reconnecting: {
    label: "Reconnecting",
    sentence: "The connection to WhatsApp was lost and is being restored. Sending goes on by itself when it is back.",
    next: "try_now",
  },
  needs_attention: {
    label: "Needs attention",
    sentence: "WhatsApp does not accept this device any more. Link the phone again with a new code.",
    next: "new_qr",
  },
  restricted: {
    label: "Restricted",
    sentence:
      "WhatsApp has restricted this account. Nothing is sent. Open WhatsApp on the phone to see why and until when.",
    next: "new_qr",
  },
  logged_out: {
    label: "Logged out",
    sentence: "This device was unlinked on the phone. Its keys were erased here. Link it again to send.",
    next: "new_qr",
  },
  expired: { label: "Expired", sentence: "Nobody used the code in time. Ask for a new one.", next: "new_qr" },
  passkey_required: {
    label: "Passkey needed",
    sentence:
      "WhatsApp asks this account for a passkey before it links a device. MassSender cannot answer that and does not try to get around it. Link another phone, or use WhatsApp's official Business Platform for this number.",
    next: "new_qr",
  },
  removed: { label: "Removed", sentence: "This phone was removed.", next: null },
};

/** More exact sentences for a status that has one of these reasons, and what to do where that is something else. */
const toldWithReason: Partial<Record<SessionStatus, Record<string, string | Omit<Told, "label">>>> = {
  reconnecting: {
    "440": "Another program took over this device's connection. It is tried again after a pause.",
    offline: {
      sentence: "No worker is connected to WhatsApp at the moment. Sending goes on by itself when one is back.",
      next: "wait",
    },
  },
  needs_attention: {
    unreadable: "The stored keys of this phone cannot be read, so they are not used. Link the phone again.",
    unsigned: "What came back after the scan was not signed by your phone, so nothing was linked. Try a new code.",
    untrusted: "The server could not prove that it is WhatsApp. Nothing was sent to it. Try a new code later.",
    "405": "WhatsApp refused this version of the app. Update the app, then link the phone again.",
    "411":
      "WhatsApp says this account is not set up for linked devices. Update WhatsApp on the phone, then link again.",
    "419": "WhatsApp does not let this device in. Link the phone again with a new code.",
    "500": "WhatsApp reports a broken session, several times in a row. Link the phone again with a new code.",
    other_phone:
      "The code was used with another phone than before. That phone was unlinked again and nothing was sent from it. Use the same phone, or say below that you want to change it.",
  },
  restricted: {
    reachout: {
      sentence:
        "WhatsApp does not let this account start new chats for now. Its campaigns are paused. What arrives is still read, and the phone goes back to ready by itself.",
      next: "ask_again",
    },
  },
  expired: {
    idle: "This phone was not used for 7 days, so it was unlinked and its keys were erased. Link it again to send.",
    idle_offline:
      "This phone was not used for 7 days, so its keys were erased here. WhatsApp could not be told: the phone may still list this device under Linked devices. Remove it there. Link it again to send.",
  },
  logged_out: { unlinked: "You unlinked this phone. Its keys were erased. Link it again to send." },
};

const typeTheCode: Omit<Told, "label"> = {
  sentence:
    "On your phone open WhatsApp, Settings, Linked devices, Link a device, Link with phone number instead, and type the code.",
  next: "type",
};

/** What a person is told about a session: a word, a sentence, and what to do next. */
export function tellSession(status: SessionStatus, reason: string | null, linkBy: "qr" | "code" = "qr"): Told {
  if (status === "waiting" && linkBy === "code") return { ...told.waiting, ...typeTheCode };
  const exact = reason === null ? undefined : toldWithReason[status]?.[reason];
  if (exact === undefined) return told[status];
  return { ...told[status], ...(typeof exact === "string" ? { sentence: exact } : exact) };
}

/**
 * How to come back after a disconnect:
 * `now` at once; `backoff` 1..60 s; `yield` slowly, because somebody else holds the connection; `few` a few times; `never`.
 */
export type Reconnect = "now" | "backoff" | "yield" | "few" | "never";

export interface DisconnectRule {
  reconnect: Reconnect;
  /** Where the session goes. "reconnecting" holds for a linked one; a session that still waits for its scan stays. */
  status: Extract<
    SessionStatus,
    "reconnecting" | "logged_out" | "restricted" | "needs_attention" | "expired" | "passkey_required"
  > | null;
  reason: string;
  /** Credentials and keys are of no more use and are erased. */
  wipe: boolean;
}

const lost = { reconnect: "backoff", status: "reconnecting", wipe: false } as const;
const loggedOut = { reconnect: "never", status: "logged_out", wipe: true } as const;
const refused = { reconnect: "never", status: "needs_attention", wipe: false } as const;

const rulesByCode: Record<number, Omit<DisconnectRule, "reason">> = {
  401: loggedOut,
  403: { reconnect: "never", status: "restricted", wipe: false },
  405: refused,
  411: refused,
  419: refused,
  440: { reconnect: "yield", status: "reconnecting", wipe: false },
  500: { reconnect: "few", status: "reconnecting", wipe: false },
  515: { reconnect: "now", status: null, wipe: false },
};

/** Our own sentence for a connection that ended because WhatsApp asked for a passkey. */
export const PASSKEY_ASKED = "WhatsApp asks for a passkey";

/** Our own sentence for a log-out that this side asked for. */
export const LOGGED_OUT_BY_US = "Intentional Logout";

/**
 * What a disconnect means. Codes: Baileys' DisconnectReason, and the stream errors and failures of WhatsApp's server.
 * @param code null when the connection ended without one
 */
export function disconnectRule(code: number | null, text: string): DisconnectRule {
  if (text.includes("QR refs attempts ended"))
    return { reconnect: "never", status: "expired", reason: "expired", wipe: false };
  if (text === PASSKEY_ASKED) return { reconnect: "never", status: "passkey_required", reason: "passkey", wipe: false };
  if (code === 400 && text.includes("certificate")) return { ...refused, reason: "untrusted" };
  if (text.includes("account signature")) return { ...refused, reason: "unsigned" };
  if (code === 401 && text === LOGGED_OUT_BY_US) return { ...loggedOut, reason: "unlinked" };
  return { ...((code !== null && rulesByCode[code]) || lost), reason: code === null ? "lost" : String(code) };
}

/** After so many failures in a row with `few`, the session needs its user. */
export const FEW = 3;

/**
 * Milliseconds until the next try, or null to give up.
 * @param failures connections in a row that failed before this one
 * @param random 0..1, spreads the sessions of a process
 */
export function reconnectDelayMs(reconnect: Reconnect, failures: number, random: number): number | null {
  const spread = (ms: number) => Math.round(ms * (0.75 + random / 2));
  switch (reconnect) {
    case "now":
      return 0;
    case "backoff":
      return spread(Math.min(60_000, 1_000 * 2 ** Math.min(failures, 10)));
    case "yield":
      return spread(Math.min(300_000, 15_000 * 2 ** Math.min(failures, 10)));
    case "few":
      return failures + 1 >= FEW ? null : spread(2_000 * 2 ** failures);
    case "never":
      return null;
  }
}

/** What each reason of a disconnect means, in plain words. */
const disconnectWords: Record<string, string> = {
  "401": "The device was unlinked on the phone.",
  "403": "WhatsApp banned the account, or this device.",
  "405": "WhatsApp refused this version of the app.",
  "408": "The connection was lost: WhatsApp did not answer.",
  "411": "The account is not set up for linked devices.",
  "419": "WhatsApp did not let the device in.",
  "428": "The connection was closed.",
  "440": "Another connection of this device took over.",
  "500": "WhatsApp reported a broken session.",
  "503": "WhatsApp was not available.",
  "515": "WhatsApp asked for a restart, as it does after linking.",
  expired: "Nobody used the code in time.",
  idle: "The phone was not used for 7 days and was unlinked.",
  lost: "The connection was lost.",
  other_phone: "Another phone than before was linked; it was unlinked at once.",
  passkey: "WhatsApp asked for a passkey.",
  unlinked: "This app unlinked the device.",
  unsigned: "What came back after the scan was not signed by the phone.",
  unreadable: "The stored keys could not be read.",
  untrusted: "The server could not prove that it is WhatsApp.",
};

/** @param reason as `disconnectRule` gives it */
export function tellDisconnect(reason: string): string {
  return disconnectWords[reason] ?? `The connection ended with code ${reason}.`;
}
