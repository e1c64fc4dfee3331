import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Env } from "./env.ts";
import type { Live } from "./live.ts";
import type { Log } from "./log.ts";

export interface SignedInUser {
  id: Id<"user">;
  email: string;
  tz: string;
  isAdmin: boolean;
}

/** What a request's procedures may count on. Built in one place (http.ts), by hand in tests. */
export interface Context {
  /** The system path: not bound by row-level security. Procedures of a signed-in user get a bound transaction instead. */
  db: Db;
  env: Env;
  log: Log;
  live: Live;
  requestId: string;
  /** The caller's address, for throttling. */
  ip: string;
  user: SignedInUser | null;
  /** The login session's id (a hash), when the caller came with a cookie. */
  loginSessionId: string | null;
  setCookie(header: string): void;
}
