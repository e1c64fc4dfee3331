/** The life of a delivery. `queued` again: to be retried, given back, or replayed by its user. */
export const deliveryTransitions = {
  queued: ["delivering", "dead"],
  delivering: ["delivered", "queued", "dead"],
  delivered: ["queued"],
  dead: ["queued"],
} as const satisfies Record<string, readonly string[]>;
export type DeliveryStatus = keyof typeof deliveryTransitions;

/** Endpoints a user may have. */
export const ENDPOINTS_AT_MOST = 10;
/** A receiver answers within so long, the look-up of its name included. Milliseconds. */
export const TIMEOUT_MS = 10_000;
/** Deliveries are kept for so long, with all they say. Days. */
export const KEPT_DAYS = 14;
/** An endpoint that gave nothing but failures for so long is switched off. Days, and tries. */
export const FAILING_DAYS = 3;
export const FAILING_TRIES = 10;
/** After a change of the secret the one before signs too, for so long. Hours. */
export const OLD_SECRET_HOURS = 24;
/** So many failures in a row, and the endpoint counts as having been away: what waits is tried at once when it is back. */
export const AWAY_AFTER = 3;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const RETRIES_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  6 * HOUR,
  6 * HOUR,
];
const PAUSES_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE];

/** An endpoint that asks to be left alone is, for so long at most. Milliseconds. */
const RETRY_AFTER_MOST_MS = 6 * HOUR;

/**
 * How long an answer asks to be left alone: `Retry-After` of a 429 or a 503, in seconds or as a date (RFC 9110, 10.2.3). Null
 * when it does not ask, or not in those words. Milliseconds, at most 6 hours.
 */
export function readRetryAfter(code: number, header: string | undefined, now: Date): number | null {
  if ((code !== 429 && code !== 503) || header === undefined) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * SECOND : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), RETRY_AFTER_MOST_MS);
}

/** The tries a delivery has before it is dead: about 24 hours after the first. */
export const TRIES_AT_MOST = RETRIES_MS.length + 1;

/** A fifth more or less, so that what failed together does not come back together. `random`: 0..1. */
const spread = (ms: number, random: number) => Math.round(ms * (0.8 + 0.4 * random));

/** Milliseconds from the n-th failed try of a delivery to the next; null when there is none. */
export function retryDelayMs(tries: number, random: number): number | null {
  const ms = RETRIES_MS[tries - 1];
  return ms === undefined ? null : spread(ms, random);
}

/**
 * Milliseconds for which an endpoint is left alone after the n-th failure in a row. Shorter than the retries of one delivery
 * become: an endpoint that is down is knocked at every 2 minutes, and one delivery that it alone refuses does not hold up the
 * others for longer.
 */
export function endpointPauseMs(failures: number, random: number): number {
  return spread(PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1] ?? 0, random);
}

/** Why a try failed. */
export const tryProblems = {
  address: "The address cannot be used: it is not https, or not allowed.",
  private: "The name leads to a private address. Only addresses of the public internet are told anything.",
  name: "The name was not found, or its name servers do not answer.",
  timeout: "It did not answer within 10 seconds.",
  connect: "It could not be reached: nothing listens there, or the connection broke.",
  tls: "Its certificate cannot be trusted.",
  redirect: "It answered with a redirect, which is not followed. Enter the address it leads to.",
  status: "It answered that it did not take it.",
  gone: "It answered 410: it wants nothing more.",
} as const satisfies Record<string, string>;
export type TryProblem = keyof typeof tryProblems;

/** What went wrong, in a sentence. Words of older rows that are not known any more are shown as they are. */
export function tellProblem(problem: string): string {
  return (tryProblems as Record<string, string>)[problem] ?? problem;
}

/** Whether an answer counts as taken; if not, why not. */
export function judgeCode(code: number): TryProblem | null {
  if (code >= 200 && code < 300) return null;
  if (code >= 300 && code < 400) return "redirect";
  return code === 410 ? "gone" : "status";
}

/** Why an endpoint is switched off by itself after a failed try; null when it stays on. */
export function switchOffReason(
  { failures, failingSince }: { failures: number; failingSince: Date },
  problem: TryProblem,
  now: Date,
): "gone" | "failing" | null {
  if (problem === "gone") return "gone";
  const days = (now.getTime() - failingSince.getTime()) / (24 * HOUR);
  return failures >= FAILING_TRIES && days >= FAILING_DAYS ? "failing" : null;
}

/** This machine, under the names that need no look-up. */
const isLoopbackName = (host: string) => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);

/**
 * What is wrong with an endpoint's address, in a sentence; null when it may be tried. Where its name leads is looked at when
 * something is delivered.
 * @param local receivers on this machine are allowed, also without TLS: for development
 */
export function urlProblem(text: string, local: boolean): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return "This is not an address. It begins with https://";
  if (url.username || url.password) return "Leave the user and the password out of the address.";
  if (url.hash) return "Leave out what follows the #.";
  const loopback = isLoopbackName(url.hostname);
  if (local && loopback) return /^https?:$/.test(url.protocol) ? null : "The address begins with https://";
  if (url.protocol !== "https:") return "The address has to begin with https://";
  if (loopback) return "This leads to the machine the app runs on, not to you. Use an address of the public internet.";
  // Below 1024 are the well-known services, none of which is a receiver of webhooks.
  if (url.port !== "" && Number(url.port) < 1024) return "Use port 443, or one from 1024 on.";
  return null;
}
