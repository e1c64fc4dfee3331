import type { SimulatorClient } from "#simulator/client.ts";
import { type BuiltWorker, until } from "./fleet.ts";

const WATCH_EVERY_MS = 100;

export interface Restart {
  /** The new processes. */
  workers: BuiltWorker[];
  /** From the signal until the last session is ready to send. */
  seconds: number;
  /** From the moment the old processes were gone. */
  secondsAfterExit: number;
  /** The most connections that the simulator saw begun within one second. */
  mostLoginsInASecond: number;
  /** CPU seconds of the new processes until then, and of the simulator: on a busy machine the time says little. */
  cpuSeconds: { workers: number; simulator: number };
}

/** Ends all workers at once, starts as many, and waits until every session is ready to send. */
export async function restart(
  simulator: SimulatorClient,
  old: readonly BuiltWorker[],
  signal: "SIGTERM" | "SIGKILL",
  start: () => BuiltWorker,
  sessions: number,
): Promise<Restart> {
  const signalled = Date.now();
  await Promise.all(old.map((worker) => worker.end(signal)));
  await until("the simulator to see them go", async () => (await simulator.world()).connections === 0);
  const gone = Date.now();
  const cpuBefore = (await simulator.world()).cpuMs;
  const watch = watchConnections(simulator);
  const workers = old.map(start);
  const ready = () => new Set(workers.flatMap(({ readyAt }) => [...readyAt.keys()])).size;
  await until("every session to be ready", () => ready() === sessions);
  const cpuOfEach = await Promise.all(workers.map((worker) => worker.cpuSeconds()));
  const simulated = (await simulator.world()).cpuMs - cpuBefore;
  const last = Math.max(...workers.flatMap(({ readyAt }) => [...readyAt.values()]));
  return {
    workers,
    seconds: (last - signalled) / 1_000,
    secondsAfterExit: (last - gone) / 1_000,
    mostLoginsInASecond: mostInASecond(await watch.end()),
    cpuSeconds: { workers: cpuOfEach.reduce((a, b) => a + b, 0), simulator: simulated / 1_000 },
  };
}

interface Look {
  /** By the simulator's clock, ms. */
  at: number;
  connections: number;
}

/** Notes how many connections the simulator holds: while none ends, they grow with each that begins. */
function watchConnections(simulator: SimulatorClient): { end(): Promise<Look[]> } {
  const looks: Look[] = [];
  let ending = false;
  const loop = async () => {
    while (!ending) {
      const { now, connections } = await simulator.world();
      looks.push({ at: now, connections });
      await new Promise((resolve) => setTimeout(resolve, WATCH_EVERY_MS));
    }
    return looks;
  };
  const over = loop();
  return {
    end: () => {
      ending = true;
      return over;
    },
  };
}

function mostInASecond(looks: readonly Look[]): number {
  return looks.reduce((most, { at, connections }) => {
    const before = looks.findLast((look) => look.at <= at - 1_000) ?? looks[0];
    return Math.max(most, connections - (before?.connections ?? 0));
  }, 0);
}
