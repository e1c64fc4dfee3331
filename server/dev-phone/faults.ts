import { z } from "zod";
import { anything, ask, part, type SimulatorEnv } from "./ask.ts";
import type { ActName } from "./rules.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const JOURNAL_SHOWN = 50;

interface Order {
  method: "POST" | "PUT";
  path: string;
  body?: object;
}

const streamError = (code: number): Order => ({ method: "POST", path: "stream-error", body: { code } });

/** What each button asks of the simulator. */
const orders: Record<ActName, Order> = {
  drop: { method: "POST", path: "drop" },
  freeze: { method: "POST", path: "freeze" },
  restart: streamError(515),
  unavailable: streamError(503),
  replaced: streamError(440),
  loggedOut: streamError(401),
  banned: streamError(403),
  nack: { method: "PUT", path: "faults", body: { nack: { code: 463, count: 3 } } },
  loseAcks: { method: "PUT", path: "faults", body: { loseAcks: { count: 3 } } },
  slow: { method: "PUT", path: "delays", body: { ackMs: 4_000 } },
  reachout: { method: "PUT", path: "limits", body: { reachout: { forMs: HOUR_MS } } },
  newChats: { method: "PUT", path: "limits", body: { newChats: { total: 2 } } },
};

/** Makes it happen to an account, at once or from the next message on. */
export function strike(env: SimulatorEnv, input: { phone: string; fault: ActName }) {
  const { method, path, body } = orders[input.fault];
  return ask(env, anything, method, `/accounts/${part(input.phone)}/${path}`, body);
}

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
