import type { Delays } from "../contract/accounts.ts";
import type { FaultSettings, LimitSettings, Limits, TamperingSettings } from "../contract/faults.ts";
import { type Ask, accountPath } from "./ask.ts";

/** What goes wrong, or slow, for an account. */
export const faultCalls = (ask: Ask) => ({
  /** Cuts the TCP connections of all devices. */
  drop: (phone: string) => ask<{ dropped: number }>("POST", accountPath(phone, "/drop")),
  /** Leaves the connections of all devices half open: there, but nothing is read or answered any more. */
  freeze: (phone: string) => ask<{ frozen: number }>("POST", accountPath(phone, "/freeze")),
  /** Ends the streams of all devices with an error; with 401 the devices are unlinked too. */
  streamError: (phone: string, code: number) =>
    ask<{ ended: number }>("POST", accountPath(phone, "/stream-error"), { code }),
  /** Milliseconds; null is never. What is left out stays. */
  setDelays: (phone: string, delays: Partial<Delays>) => ask<Delays>("PUT", accountPath(phone, "/delays"), delays),
  /** Sets the named faults, leaves the others, returns those in force. */
  setFaults: (phone: string, faults: FaultSettings) => ask<FaultSettings>("PUT", accountPath(phone, "/faults"), faults),
  clearFaults: (phone: string) => ask<FaultSettings>("DELETE", accountPath(phone, "/faults")),
  /** How the account stands with WhatsApp's limits now. Times are milliseconds since 1970, simulated. */
  limits: (phone: string) => ask<Limits>("GET", accountPath(phone, "/limits")),
  /** Sets or, with null, lifts limits; its devices are told. */
  setLimits: (phone: string, limits: LimitSettings) => ask<Limits>("PUT", accountPath(phone, "/limits"), limits),
  /** Falsifies the next so many things of each kind that the server signs or encrypts; returns what is in force. */
  setTampering: (tampering: TamperingSettings) => ask<TamperingSettings>("PUT", "/tampering", tampering),
  /** What is still to be falsified. */
  tampering: () => ask<TamperingSettings>("GET", "/tampering"),
  clearTampering: () => ask<TamperingSettings>("DELETE", "/tampering"),
});
