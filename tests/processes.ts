import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { keptLog } from "./kept-log.ts";
import { testDataDir } from "./postgres.ts";
import { watchOutput } from "./silence/leaks.ts";

const WORKER = fileURLToPath(new URL("../worker/main.ts", import.meta.url));

export interface WorkerProcess {
  pid: number;
  /** The worker's id, once it has said so. */
  id: Promise<string>;
  kill(signal: NodeJS.Signals): void;
  exited: Promise<void>;
  /** What it printed: JSON lines. */
  output(): string;
}

/**
 * Starts a worker as a process of its own: what a fault test kills must be what runs in production.
 * @param program what Node is given: the worker's source, unless told otherwise
 */
export function spawnWorker(
  databaseUrl: string,
  simulatorUrl: string,
  more: Record<string, string>,
  program = ["--import", "tsx", WORKER],
): WorkerProcess {
  const child: ChildProcess = spawn(process.execPath, program, {
    env: {
      ...process.env,
      NODE_ENV: "test",
      DATABASE_URL: databaseUrl,
      SIMULATOR_URL: simulatorUrl,
      SESSION_KEY: Buffer.alloc(32, 7).toString("base64"),
      THROTTLE_FLOOR_MS: "0",
      WORKER_HTTP_PORT: "0",
      DATA_DIR: testDataDir,
      LOG_LEVEL: "info",
      ...more,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let named: (id: string) => void = () => {};
  const id = new Promise<string>((resolve) => {
    named = resolve;
  });
  for (const stream of [child.stdout, child.stderr]) {
    const watch = watchOutput("a worker process");
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      watch(chunk.toString());
      keptLog.write(chunk.toString());
      const said = output.match(/"workerId":"(wrk_[0-9a-z]+)"[^\n]*"event":"worker.started"/);
      if (said?.[1]) named(said[1]);
    });
  }
  return {
    pid: child.pid ?? -1,
    id,
    kill: (signal) => child.kill(signal),
    exited: new Promise((resolve) => child.once("exit", () => resolve())),
    output: () => output,
  };
}
