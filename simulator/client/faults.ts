import type { Delays } from "../contract/accounts.ts";
import type { FaultSettings } from "../contract/faults.ts";
import { type Ask, accountPath } from "./ask.ts";

/** What goes wrong, or slow, for an account. */
export const faultCalls = (ask: Ask) => ({
  /** Cuts the TCP connections of all devices. */
  drop: (phone: string) => ask<{ dropped: number }>("POST", accountPath(phone, "/drop")),
  /** Milliseconds; null is never. What is left out stays. */
  setDelays: (phone: string, delays: Partial<Delays>) => ask<Delays>("PUT", accountPath(phone, "/delays"), delays),
  /** Sets the named faults, leaves the others, returns those in force. */
  setFaults: (phone: string, faults: FaultSettings) => ask<FaultSettings>("PUT", accountPath(phone, "/faults"), faults),
  clearFaults: (phone: string) => ask<FaultSettings>("DELETE", accountPath(phone, "/faults")),
});
