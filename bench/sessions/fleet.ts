import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { z } from "zod";

/** A worker as it runs in production: built code in a process of its own. */
export interface BuiltWorker {
  readonly pid: number;
  /** Its id, once it has said so. */
  readonly id: Promise<string>;
  /** The CPU it has used so far, as its metrics tell. */
  cpuSeconds(): Promise<number>;
  /** When it said that a session is ready, milliseconds since 1970 by session; the last time counts. */
  readonly readyAt: ReadonlyMap<string, number>;
  /** How often it logged each event. */
  readonly events: ReadonlyMap<string, number>;
  /** Resolves when it is gone. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const line = z.object({
  time: z.iso.datetime(),
  event: z.string(),
  workerId: z.string().optional(),
  port: z.number().optional(),
  sessionId: z.string().optional(),
});

/** Starts one. @param env beside what every worker of the bench is given */
export function startBuiltWorker(program: string, env: Record<string, string>): BuiltWorker {
  const child: ChildProcess = spawn(process.execPath, [program], {
    env: { ...process.env, NODE_ENV: "production", WORKER_HTTP_PORT: "0", LOG_LEVEL: "info", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const readyAt = new Map<string, number>();
  const events = new Map<string, number>();
  let started: (worker: { id: string; port: number }) => void = () => {};
  const running = new Promise<{ id: string; port: number }>((resolve) => {
    started = resolve;
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on("line", (text) => {
      const said = line.safeParse(JSON.parse(text));
      if (!said.success) return;
      const { time, event, workerId, port, sessionId } = said.data;
      events.set(event, (events.get(event) ?? 0) + 1);
      if (event === "worker.started" && workerId && port) started({ id: workerId, port });
      if (event === "session.ready" && sessionId) readyAt.set(sessionId, Date.parse(time));
    });
  }
  const exited = once(child, "exit");
  return {
    pid: child.pid ?? 0,
    id: running.then(({ id }) => id),
    cpuSeconds: async () => {
      const { port } = await running;
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1]);
    },
    readyAt,
    events,
    end: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}

/** How often the workers logged each event, in all. */
export function countEvents(workers: readonly BuiltWorker[]): Record<string, number> {
  const all = new Map<string, number>();
  for (const { events } of workers) for (const [event, n] of events) all.set(event, (all.get(event) ?? 0) + n);
  return Object.fromEntries(all);
}

/** Starts so many and waits until each is running. */
export async function startWorkers(count: number, start: () => BuiltWorker): Promise<BuiltWorker[]> {
  const workers = Array.from({ length: count }, start);
  await Promise.all(workers.map(({ id }) => id));
  return workers;
}

export const until = async (what: string, look: () => boolean | Promise<boolean>, patienceMs = 180_000) => {
  for (const end = Date.now() + patienceMs; !(await look()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
