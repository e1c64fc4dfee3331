import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "../start-error.mjs";
import type { ChildLog } from "./log-file.ts";

const READY_TIMEOUT_MS = 60_000;
const RESTART_PAUSE_MS = 1_000;
/** A child that dies earlier than this after its start died quickly. */
const QUICK_MS = 10_000;
const QUICK_DEATHS = 3;

export interface ChildOptions {
  name: string;
  /** What Node is given: its own options, the program relative to the project's folder, the program's arguments. */
  args: string[];
  env: Record<string, string | undefined>;
  log: ChildLog;
  /** Called when the child cannot be kept alive, with the sentence to tell. */
  giveUp: (reason: StartError) => void;
}

/** A program of ours that runs until it is stopped: when it dies it is started again. */
export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #stopping = false;
  #quickDeaths = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#start();
  }

  get #running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /**
   * Waits until `isReady` says so (asked every 50 ms).
   * @throws StartError after 60 s
   */
  async whenReady(isReady: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!this.#stopping) {
      if (await isReady()) return;
      if (Date.now() > deadline) throw new StartError(this.#lastWords("was not ready within 60 s"));
      await sleep(50);
    }
  }

  /** Asks the program to end, and ends it when it has not within `patience` ms. */
  async stop(patience: number): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (!child || !this.#running) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    await Promise.race([ended, sleep(patience, undefined, { ref: false })]);
    this.kill();
  }

  /** Ends the program, and all that it started, at once. */
  kill(): void {
    this.#stopping = true;
    if (this.#process) killGroup(this.#process);
  }

  #start(): void {
    const { args, env, log, name } = this.#options;
    const started = Date.now();
    const follow = new URL("./follow-launcher.mjs", import.meta.url).href;
    // Straight under Node, without npm or tsx in between, so that signals reach the program. In a process group of its
    // own, so that a Ctrl-C in the terminal reaches the launcher alone, which stops things in their order.
    const child = spawn(process.execPath, ["--import", follow, ...args], {
      env: { ...process.env, ...env, LAUNCHER_PID: String(process.pid) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on("line", log.write);
    child.once("error", (error) => log.write(`${name} could not be started: ${error.message}`));
    child.once("close", (code, signal) => {
      if (this.#stopping) return;
      killGroup(child);
      this.#quickDeaths = Date.now() - started < QUICK_MS ? this.#quickDeaths + 1 : 1;
      if (this.#quickDeaths >= QUICK_DEATHS) {
        this.#stopping = true;
        this.#options.giveUp(new StartError(this.#lastWords(`died ${QUICK_DEATHS} times in a row`)));
        return;
      }
      console.log(`${name} ended unexpectedly (${signal ?? `exit code ${code}`}): starting it again.`);
      setTimeout(() => this.#stopping || this.#start(), RESTART_PAUSE_MS);
    });
  }

  #lastWords(what: string): string {
    const { log, name } = this.#options;
    return [`The ${name} ${what}. Its last lines:`, ...log.lastLines().map((line) => `  ${line}`)].join("\n");
  }
}

/** The program and whatever it started. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // All gone already.
  }
}
