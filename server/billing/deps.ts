import type { Env } from "../env.ts";
import type { Log } from "../log.ts";

/** What buying needs beside the database. The web's and the worker's environment both have it. */
export interface BillingDeps {
  env: Pick<Env, "billing" | "sessionKeys" | "appOrigin">;
  log: Log;
}
