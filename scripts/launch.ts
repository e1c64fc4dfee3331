import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "./launch/child.ts";
import { type Database, openDatabase } from "./launch/database.ts";
import { type FolderLock, lockFolder } from "./launch/folder-lock.ts";
import { openLog } from "./launch/log-file.ts";
import { sessionKeyIn } from "./launch/session-key.ts";
import { type LaunchSettings, readSettings } from "./launch/settings.ts";
import { freePortNear, portIsFree } from "./ports.ts";
import { StartError } from "./start-error.mjs";

export interface LaunchOptions {
  /** Everything from its sources; pages are reloaded as they change. */
  dev: boolean;
  /** Every log line on the terminal. */
  verbose: boolean;
  /** The process that started this one, as it was at the very beginning. */
  parent: number;
}

const CHILDREN_PATIENCE_MS = 3_000;
const STOP_WITHIN_MS = 4_800;
const SOURCES = { web: "server/main.ts", worker: "worker/main.ts", simulator: "simulator/main.ts" };
/** npm passes a Ctrl-C on that the terminal has sent to us already: the second one so soon is the same one. */
const SAME_CTRL_C_MS = 500;
const PARENT_WATCH_MS = 250;

/**
 * Runs the whole product on this machine: database, simulator, worker, web; until Ctrl-C, SIGTERM, or something that
 * cannot be kept alive. Prints `ready URL EMAIL PASSWORD` when a person can sign in.
 */
export async function launch(options: LaunchOptions): Promise<void> {
  await new Launcher(options, readSettings(process.env)).run();
}

class Launcher {
  readonly #options: LaunchOptions;
  readonly #settings: LaunchSettings;
  readonly #children: Child[] = [];
  #lock: FolderLock | undefined;
  #opening: Promise<Database> | undefined;
  #database: Database | undefined;
  #stoppingSince: number | undefined;

  constructor(options: LaunchOptions, settings: LaunchSettings) {
    this.#options = options;
    this.#settings = settings;
  }

  async run(): Promise<void> {
    // Nobody reads any more (`npm start | head`): go on.
    process.stdout.on("error", () => {});
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.#onSignal());
    this.#followNpm();
    try {
      await this.#start();
    } catch (error) {
      if (this.#stoppingSince === undefined) await this.#fail(error);
    }
  }

  async #start(): Promise<void> {
    const { dataDir, port } = this.#settings;
    this.#lock = await lockFolder(dataDir);
    if (!(await isFreeSoon(port, this.#lock.afterKill ? CHILDREN_PATIENCE_MS + 1_000 : 0)))
      throw new StartError(
        `Port ${port} is taken by another program: choose another one, for example PORT=${port + 1} npm start.`,
      );

    const [databaseEnv, simulatorEnv] = await Promise.all([this.#startDatabase(), this.#startSimulator()]);
    if (this.#stoppingSince !== undefined) return;
    const workerPort = await freeOrOther("worker", this.#settings.workerPort);
    const env = {
      ...simulatorEnv,
      DATABASE_URL: databaseEnv.url,
      DATA_DIR: dataDir,
      PORT: String(port),
      WORKER_HTTP_PORT: String(workerPort),
      APP_ORIGIN: this.#settings.appOrigin,
      SESSION_KEY: this.#settings.sessionKey ?? sessionKeyIn(dataDir),
      WHATSAPP: this.#settings.whatsapp,
      WEBHOOKS_LOCAL: this.#settings.webhooksLocal,
      NODE_ENV: this.#options.dev ? "development" : "production",
    };
    await Promise.all([
      this.#child("worker", [], env).whenReady(() => isReady(workerPort)),
      this.#child("web", [], env).whenReady(() => isReady(port)),
    ]);
    if (this.#stoppingSince === undefined) console.log(`ready http://localhost:${port} ${databaseEnv.welcome}`);
  }

  /**
   * A migrated database, with the demo account in it when the local WhatsApp is used: on the real one an account with a
   * known password would be an open door.
   */
  async #startDatabase(): Promise<{ url: string; welcome: string }> {
    let url = this.#settings.databaseUrl;
    if (!url) {
      this.#opening = openDatabase(this.#settings.dataDir, (reason) => void this.#fail(reason));
      this.#database = await this.#opening;
      url = this.#database.url;
    }
    const [{ migrate }, { seed }] = await Promise.all([import("#db/migrate.ts"), import("#scripts/seed.ts")]);
    await migrate(url);
    if (this.#settings.whatsapp === "live") return { url, welcome: "(open an account at /register)" };
    const { email, password } = await seed(url);
    return { url, welcome: `${email} ${password}` };
  }

  /** The local WhatsApp, and how the others find it; nothing when they talk to the real one. */
  async #startSimulator(): Promise<Record<string, string>> {
    if (this.#settings.whatsapp === "live") return {};
    const port = await freeOrOther("simulator", this.#settings.simulatorPort);
    const state = `${this.#settings.dataDir}/simulator.json`;
    let url: string | undefined;
    const child = this.#child("simulator", ["--port", String(port), "--state", state], {}, (line) => {
      url ??= /^simulator ready (\S+)/.exec(line)?.[1];
    });
    await child.whenReady(() => url !== undefined);
    return { SIMULATOR_URL: url ?? "" };
  }

  #child(
    name: keyof typeof SOURCES,
    more: string[],
    env: Record<string, string>,
    onLine: (line: string) => void = () => {},
  ): Child {
    const program = this.#options.dev ? ["--import", "tsx", SOURCES[name]] : [`build/processes/${name}.js`];
    const log = openLog(this.#settings.dataDir, name, this.#options.verbose);
    const write = (line: string) => {
      log.write(line);
      onLine(line);
    };
    const giveUp = (reason: StartError) => void this.#fail(reason);
    const child = new Child({ name, args: [...program, ...more], env, log: { ...log, write }, giveUp });
    this.#children.push(child);
    return child;
  }

  /**
   * Between npm and us stands a shell that ends at a SIGTERM without passing it on. So a stop that was meant for all of us
   * (`kill`, a service supervisor) shows as a parent that is gone.
   */
  #followNpm(): void {
    if (!process.env.npm_lifecycle_event) return;
    const watch = setInterval(() => {
      if (process.ppid === this.#options.parent) return;
      clearInterval(watch);
      this.#onSignal();
    }, PARENT_WATCH_MS);
    watch.unref();
  }

  #onSignal(): void {
    const now = Date.now();
    if (this.#stoppingSince === undefined) {
      console.log("Stopping …");
      void this.#stop(0);
    } else if (now - this.#stoppingSince > SAME_CTRL_C_MS) {
      for (const child of this.#children) child.kill();
      this.#database?.kill();
      this.#lock?.release();
      process.exit(130);
    }
  }

  async #fail(error: unknown): Promise<void> {
    console.error(error instanceof StartError ? error.message : error);
    await this.#stop(1);
  }

  /** Web, worker and simulator first, then the database: what they still have to write must find it. */
  async #stop(exitCode: number): Promise<void> {
    if (this.#stoppingSince !== undefined) return;
    this.#stoppingSince = Date.now();
    await Promise.all(this.#children.map((child) => child.stop(CHILDREN_PATIENCE_MS)));
    const left = STOP_WITHIN_MS - (Date.now() - this.#stoppingSince);
    const database = await this.#opening?.catch(() => undefined);
    await database?.stop(Math.max(1, Math.floor(left / 1_000))).catch((error) => console.error(String(error)));
    this.#lock?.release();
    process.exit(exitCode);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readiness`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits a moment for the children of a killed launcher to let go of the port. */
async function isFreeSoon(port: number, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (!(await portIsFree(port))) {
    if (Date.now() >= deadline) return false;
    await sleep(100);
  }
  return true;
}

async function freeOrOther(name: string, wanted: number): Promise<number> {
  const port = await freePortNear(wanted);
  if (port !== wanted) console.log(`Port ${wanted} is taken: the ${name} uses ${port}.`);
  return port;
}
