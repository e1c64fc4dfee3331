import { execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import postgres from "postgres";
import { freePort, freePortNear } from "./ports.ts";
import { type Account, accountFor } from "./postgres/account.ts";
import { type Binaries, findBinaries } from "./postgres/binaries.ts";
import { CLUSTER_USER, type Cluster, openCluster, serverEnvironment } from "./postgres/cluster.ts";
import { findPostmaster, isAlive, type Postmaster } from "./postgres/postmaster.ts";
import { StartError } from "./start-error.mjs";

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; made when missing. Also holds the password (mode 0600) and `postgres.log`. */
  dataDir: string;
  /** The port wanted; another one is taken when it is busy. Default: any free one. */
  port?: number;
  /** Server settings by name, for example `{ fsync: "off" }` for data that may be lost. */
  settings?: Record<string, string>;
  /** The database to make and to name in `url`. */
  database?: string;
}

export interface EmbeddedPostgres {
  /** Connection string of the superuser, on loopback, with the password. */
  url: string;
  port: number;
  pid: number;
  /** True when the server was running already, left behind by a launcher that was killed. */
  adopted: boolean;
  /** False once the server has died. */
  isRunning(): boolean;
  /** Ends open connections, writes a checkpoint and stops; after `patience` seconds (default 10) without one. */
  stop(patience?: number): Promise<void>;
  /** Stops at once, without a checkpoint: the next start recovers. Does not wait. */
  kill(): void;
}

const START_TIMEOUT_MS = 60_000;
const LOG_LIMIT_BYTES = 10_000_000;
const GONE_WITHIN_MS = 5_000;

const run = promisify(execFile);

/**
 * Starts the Postgres that npm installed, on loopback only, with a password and without a Unix socket; the data is kept
 * in `dataDir` between starts. Works as root (the server drops to another account) and as an ordinary user; survives
 * a launcher or a server that was killed; adopts a server that is still running on the same data.
 * @throws StartError with one sentence when it cannot.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, settings = {}, database = "masssender" } = options;
  const account = accountFor(dataDir);
  const binaries = findBinaries(account);
  const cluster = await openCluster(dataDir, binaries, account, settings.fsync !== "off");
  let port = options.port ? await freePortNear(options.port) : await freePort();

  const deadline = Date.now() + START_TIMEOUT_MS;
  let adopted = true;
  while (Date.now() < deadline) {
    const running = findPostmaster(cluster.data);
    if (running && (await answers(cluster, running.port))) {
      await makeDatabase(cluster, running.port, database);
      return handle(cluster, binaries, account, running, urlOf(cluster, running.port, database), adopted);
    }
    if (running) {
      await sleep(25);
      continue;
    }
    adopted = false;
    const failure = await launch(cluster, binaries, account, port, settings, deadline);
    if (!failure) continue;
    if (isLingering(failure)) await sleep(200);
    else if (isPortTaken(failure)) port = await freePort();
    else throw new StartError(`Postgres did not start: ${failure} (log: ${cluster.log}).`);
  }
  throw new StartError(`Postgres was not ready within ${START_TIMEOUT_MS / 1000} s (log: ${cluster.log}).`);
}

/** Starts the server process; resolves with nothing once it accepts connections, or with its last words. */
async function launch(
  cluster: Cluster,
  binaries: Binaries,
  account: Account | undefined,
  port: number,
  settings: Record<string, string>,
  deadline: number,
): Promise<string | undefined> {
  const all: Record<string, string> = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "300",
    // The default is 4 MB; an import of 100,000 rows waits for the disk ten thousand times then.
    wal_buffers: "16MB",
    timezone: "UTC",
    log_timezone: "UTC",
    // A row's values stand in the DETAIL and STATEMENT lines of an error; a log never holds a phone number.
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
    ...settings,
  };
  const log = openSync(cluster.log, "a");
  const before = statSync(cluster.log).size > LOG_LIMIT_BYTES ? 0 : statSync(cluster.log).size;
  if (before === 0) truncateSync(cluster.log);
  // Its own process group: a Ctrl-C in the terminal must not reach the server before the programs that write to it.
  const server = spawn(
    binaries.postgres,
    ["-D", cluster.data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { ...account, cwd: cluster.dir, env: serverEnvironment(), detached: true, stdio: ["ignore", log, log] },
  );
  closeSync(log);
  let ended = false;
  server.once("error", () => (ended = true));
  server.once("exit", () => (ended = true));
  server.unref();
  while (!ended && Date.now() < deadline) {
    if (await answers(cluster, port)) return undefined;
    await sleep(20);
  }
  return lastWords(readFileSync(cluster.log, "utf8").slice(before));
}

/** True for what passes by itself: processes of a killed server that are still on their way out. */
function isLingering(failure: string): boolean {
  return /shared memory|postmaster\.pid/.test(failure);
}

/** Somebody took the port between our look and the server's. */
function isPortTaken(failure: string): boolean {
  return /could not bind|could not create any TCP/.test(failure);
}

function lastWords(log: string): string {
  const fatal = log.split("\n").filter((line) => /FATAL|could not bind|PANIC/.test(line));
  return fatal.map((line) => line.replace(/^.*?(FATAL|PANIC|LOG): +/, "")).join("; ") || "it ended without a reason";
}

function handle(
  cluster: Cluster,
  binaries: Binaries,
  account: Account | undefined,
  { pid, port }: Postmaster,
  url: string,
  adopted: boolean,
): EmbeddedPostgres {
  const isRunning = () => isAlive(pid);
  const pgCtl = (mode: string, patience: number) =>
    run(binaries.pgCtl, ["stop", "-D", cluster.data, "-m", mode, "-w", "-t", String(patience)], {
      ...account,
      cwd: dirname(binaries.pgCtl),
      env: serverEnvironment(),
    });
  // pg_ctl goes by the lock file, which is gone a moment before the process.
  const isGone = async () => {
    for (let waited = 0; isRunning() && waited < GONE_WITHIN_MS; waited += 10) await sleep(10);
    return !isRunning();
  };
  return {
    url,
    port,
    pid,
    adopted,
    isRunning,
    async stop(patience = 10) {
      if (!isRunning()) return;
      await pgCtl("fast", patience).catch(async (err) => {
        if (isRunning()) await pgCtl("immediate", 5).catch(() => {});
        if (!(await isGone())) throw err;
      });
      await isGone();
    },
    kill() {
      if (isRunning()) process.kill(pid, "SIGQUIT");
    },
  };
}

function urlOf(cluster: Cluster, port: number, database: string): string {
  return `postgres://${CLUSTER_USER}:${cluster.password}@127.0.0.1:${port}/${database}`;
}

async function answers(cluster: Cluster, port: number): Promise<boolean> {
  if (!Number.isInteger(port) || port <= 0) return false;
  const sql = postgres(urlOf(cluster, port, "postgres"), { max: 1, connect_timeout: 3, onnotice: () => {} });
  try {
    const [row] = await sql`select current_setting('data_directory') as data`;
    return row?.data === cluster.data;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function makeDatabase(cluster: Cluster, port: number, database: string): Promise<void> {
  const sql = postgres(urlOf(cluster, port, "postgres"), { max: 1, onnotice: () => {} });
  try {
    // Of two starts at the same time only one may make it.
    await sql`select pg_advisory_lock(hashtext('make database'))`;
    const found = await sql`select 1 from pg_database where datname = ${database}`;
    if (found.length === 0) await sql`create database ${sql(database)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
