import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { connectSimulator, type SimulatorClient } from "./connect.ts";

const START_TIMEOUT_MS = 30_000;
/** After that it is not believed to end by itself. */
const STOP_TIMEOUT_MS = 10_000;

const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));

const readyUrl = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`the simulator did not start: ${said}`)), START_TIMEOUT_MS);
    child.stdout?.on("data", (data: Buffer) => {
      said += data;
      const url = /simulator ready (\S+)/.exec(said)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the simulator stopped with code ${code}: ${said}`));
    });
  });

/** A simulator in a process of its own. */
export interface SpawnedSimulator {
  url: string;
  client: SimulatorClient;
  pid: number;
  /** SIGTERM, after 10 s SIGKILL, and waits for the end. */
  stop: () => Promise<void>;
  /** SIGKILL, at once. */
  kill: () => void;
}

/** `main.ts` with what reads it, or one file that was built of it. */
const programOf = (built: string | undefined): string[] => {
  if (built !== undefined) return [built];
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return ["--import", tsx, fileURLToPath(new URL("../main.ts", import.meta.url))];
};

/**
 * Starts a simulator as a child process, on any free port unless one is named; `state` is its state file, `seed` decides its
 * draws, `built` is a file built of `main.ts`, which starts sooner. It ends with this process, however that ends.
 */
export const spawnSimulator = async (
  options: { port?: number; state?: string; seed?: string; built?: string } = {},
): Promise<SpawnedSimulator> => {
  const state = options.state ? ["--state", options.state] : [];
  const seed = options.seed === undefined ? [] : ["--seed", options.seed];
  const follow = new URL("../../scripts/launch/follow-launcher.mjs", import.meta.url).href;
  const child = spawn(
    process.execPath,
    ["--import", follow, ...programOf(options.built), "--port", String(options.port ?? 0), ...state, ...seed],
    { stdio: ["ignore", "pipe", "inherit", "ipc"], env: { ...process.env, LAUNCHER_PID: String(process.pid) } },
  );
  const url = await readyUrl(child);
  return {
    url,
    client: connectSimulator(url),
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await exited(child);
      clearTimeout(patience);
    },
    kill: () => void child.kill("SIGKILL"),
  };
};
