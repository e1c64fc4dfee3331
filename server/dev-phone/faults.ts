import { z } from "zod";
import { DomainError } from "../errors.ts";
import { anything, ask, part, type SimulatorEnv } from "./ask.ts";
import type { ActName } from "./rules.ts";

const HOUR_MS = 3_600_000;
const SLOW_MS = 4_000;
const TAKEN_BACK_MS = 5_000;
const DAY_MS = 24 * HOUR_MS;
const JOURNAL_SHOWN = 50;

interface Order {
  method: "POST" | "PUT";
  path: string;
  body?: object;
  /** It strikes the devices that are connected at this moment, so there has to be one. */
  atOnce?: true;
}

const fault = (body: object): Order => ({ method: "PUT", path: "faults", body });
const limit = (body: object): Order => ({ method: "PUT", path: "limits", body });
const streamError = (code: number): Order => ({ method: "POST", path: "stream-error", body: { code }, atOnce: true });
const now = (path: "drop" | "freeze"): Order => ({ method: "POST", path, atOnce: true });

/** What each button asks of the simulator, in this order. */
const orders: Record<ActName, readonly Order[]> = {
  drop: [now("drop")],
  freeze: [now("freeze")],
  restart: [streamError(515)],
  unavailable: [streamError(503)],
  replaced: [streamError(440)],
  loggedOut: [streamError(401)],
  banned: [fault({ failLogins: { reason: 403, probability: 1 } }), streamError(403)],
  nack: [fault({ nack: { code: 463, count: 3 } })],
  loseAcks: [fault({ loseAcks: { count: 3 } })],
  takeBack: [fault({ takeBack: { code: 470, ms: TAKEN_BACK_MS, count: 3 } })],
  slow: [fault({ slow: { queryMs: SLOW_MS } }), { method: "PUT", path: "delays", body: { ackMs: SLOW_MS } }],
  reachout: [limit({ reachout: { forMs: HOUR_MS } })],
  newChats: [limit({ newChats: { total: 2 } })],
};

/** How many devices it struck: `dropped`, `frozen` or `ended`. */
const struck = z.record(z.string(), z.number());

/**
 * Makes it happen to an account, at once or from the next message on.
 * @throws DomainError simulator_unavailable when it needs a connected device and there is none
 */
export async function strike(env: SimulatorEnv, input: { phone: string; fault: ActName }): Promise<void> {
  for (const { method, path, body, atOnce } of orders[input.fault]) {
    const address = `/accounts/${part(input.phone)}/${path}`;
    if (!atOnce) {
      await ask(env, anything, method, address, body);
      continue;
    }
    const counts = await ask(env, struck, method, address, body);
    if (Object.values(counts).every((devices) => devices === 0)) {
      throw new DomainError("simulator_unavailable", { why: "no device of this phone is connected." });
    }
  }
}

const limits = z.object({
  reachout: z.object({ until: z.coerce.date() }).nullable(),
  newChats: z.object({ total: z.number(), used: z.number() }).nullable(),
});

/** What WhatsApp lets an account do at this moment. */
export const readLimits = (env: SimulatorEnv, input: { phone: string }) =>
  ask(env, limits, "GET", `/accounts/${part(input.phone)}/limits`);

/** Ends every fault, delay of acks and limit of an account. A link that ended stays ended. */
export async function clearFaults(env: SimulatorEnv, input: { phone: string }): Promise<void> {
  const account = `/accounts/${part(input.phone)}`;
  await ask(env, anything, "DELETE", `${account}/faults`);
  await ask(env, anything, "PUT", `${account}/delays`, { ackMs: 0 });
  await ask(env, anything, "PUT", `${account}/limits`, { reachout: null, newChats: null });
}

/** The simulator's time; it may be ahead of the real one. */
export const readWorld = (env: SimulatorEnv) =>
  ask(env, z.object({ now: z.coerce.date(), aheadMs: z.number() }), "GET", "/world");

/** Moves the local WhatsApp's clock a day ahead, with everything that falls due on the way. */
export const travelADay = (env: SimulatorEnv) => ask(env, anything, "POST", "/time", { advanceMs: DAY_MS });

const entry = z.object({
  at: z.coerce.date(),
  account: z.string().nullable(),
  device: z.number().nullable(),
  what: z.string(),
  text: z.string(),
});

/** What clients asked that the simulator does not know, and what struck them: the last entries, newest first. */
export async function readJournal(env: SimulatorEnv) {
  const entries = await ask(env, z.array(entry), "GET", "/journal");
  return entries.slice(-JOURNAL_SHOWN).reverse();
}
