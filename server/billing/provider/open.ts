import type { Db } from "#db/client.ts";
import type { BillingDeps } from "../deps.ts";
import { openDemoProvider } from "./demo/provider.ts";
import type { PaymentProvider } from "./port.ts";

/** Who takes payments here; null: nobody does. @param db the system path */
export function openProvider(db: Db, env: BillingDeps["env"]): PaymentProvider | null {
  return env.billing.provider === "demo" ? openDemoProvider(db, env) : null;
}
