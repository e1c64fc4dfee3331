import { RateLimiterDrizzle, RateLimiterRes } from "rate-limiter-flexible";
import type { Db } from "#db/client.ts";
import { rateLimits } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { sha256 } from "./login-sessions.ts";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

const limits = {
  login_account: { points: 5, duration: 15 * MINUTE },
  login_address: { points: 100, duration: DAY },
  register_address: { points: 30, duration: 60 * MINUTE },
  webhook_test: { points: 20, duration: 10 * MINUTE },
} as const;
export type Limit = keyof typeof limits;

function limiter(db: Db, limit: Limit): RateLimiterDrizzle {
  return new RateLimiterDrizzle({
    storeClient: db,
    schema: rateLimits,
    keyPrefix: limit,
    clearExpiredByTimeout: false,
    ...limits[limit],
  });
}

/**
 * Counts one try in Postgres, so that every web process sees it.
 * @throws too_many_tries with the seconds to wait
 */
export async function countTry(db: Db, limit: Limit, subject: string): Promise<void> {
  try {
    await limiter(db, limit).consume(sha256(subject));
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    throw new DomainError("too_many_tries", { seconds: Math.ceil(refused.msBeforeNext / 1000) });
  }
}

/** Takes one try back: it turned out to be a right one. */
export async function uncountTry(db: Db, limit: Limit, subject: string): Promise<void> {
  await limiter(db, limit).reward(sha256(subject), 1);
}

export async function forgetTries(db: Db, limit: Limit, subject: string): Promise<void> {
  await limiter(db, limit).delete(sha256(subject));
}
