import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { StartError } from "../start-error.mjs";
import { type Account, openTemporary, sharedFolder } from "./account.ts";
import type { Binaries } from "./binaries.ts";

/** The files of one database cluster, all under `dir` (links resolved). */
export interface Cluster {
  dir: string;
  data: string;
  log: string;
  password: string;
}

/** The name of the superuser that initdb makes. */
export const CLUSTER_USER = "masssender";

const run = promisify(execFile);

/**
 * Opens the cluster in `dir`, making it first when there is none. Making is all or nothing: initdb works in a folder
 * beside it that is renamed when it is whole, so a kill in the middle leaves no half-made cluster behind.
 * @throws StartError when `dir` holds something else, or initdb fails.
 */
export async function openCluster(
  dir: string,
  binaries: Binaries,
  account: Account | undefined,
  durable: boolean,
): Promise<Cluster> {
  if (!existsSync(join(dir, "data", "PG_VERSION"))) await makeCluster(dir, binaries, account, durable);
  const real = realpathSync(dir);
  const version = readFileSync(join(real, "data", "PG_VERSION"), "utf8").trim();
  const wanted = await majorVersion(binaries);
  if (version !== wanted)
    throw new StartError(
      `${dir} was written by Postgres ${version}, this is Postgres ${wanted}: set another DATA_DIR.`,
    );
  return {
    dir: real,
    data: join(real, "data"),
    log: join(real, "postgres.log"),
    password: readFileSync(join(real, "password"), "utf8").trim(),
  };
}

async function makeCluster(dir: string, binaries: Binaries, account: Account | undefined, durable: boolean) {
  let fresh: string | undefined;
  try {
    mkdirSync(dirname(dir), { recursive: true });
    const elsewhere = account && !openTemporary(account, dirname(dir));
    fresh = mkdtempSync(elsewhere ? join(sharedFolder(), `${basename(dir)}-`) : `${dir}.new-`);
    const passwordFile = join(fresh, "password");
    writeFileSync(passwordFile, randomBytes(24).toString("hex"), { mode: 0o600 });
    if (account) for (const path of [fresh, passwordFile]) chownSync(path, account.uid, account.gid);
    await initdb(binaries, fresh, passwordFile, account, durable);
    if (elsewhere) symlinkSync(fresh, dir);
    else renameSync(fresh, dir);
  } catch (error) {
    if (fresh) rmSync(fresh, { recursive: true, force: true });
    if (error instanceof StartError) throw error;
    // A start beside this one was quicker, and its cluster is whole.
    if (existsSync(join(dir, "data", "PG_VERSION"))) return;
    throw new StartError(`Cannot make a database in ${dir}: ${error instanceof Error ? error.message : error}.`);
  }
}

async function initdb(
  binaries: Binaries,
  fresh: string,
  passwordFile: string,
  account: Account | undefined,
  durable: boolean,
): Promise<void> {
  const args = ["-D", join(fresh, "data"), "-U", CLUSTER_USER, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  // The built-in locale sorts alike on every system and does not change when the system is upgraded.
  args.push("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8");
  if (!durable) args.push("--no-sync");
  try {
    await run(binaries.initdb, args, { ...account, cwd: fresh, env: serverEnvironment() });
  } catch (error) {
    const output = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new StartError(`Postgres could not make its files: ${output.split("\n").at(-1)}.`);
  }
}

async function majorVersion(binaries: Binaries): Promise<string> {
  const { stdout } = await run(binaries.postgres, ["--version"], { cwd: dirname(binaries.postgres) });
  return /(\d+)\./.exec(stdout)?.[1] ?? stdout.trim();
}

/** What the server's programs see of our environment: nothing that could change where they look (`PGDATA`, `PGPORT` …). */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { NODE_ENV, PATH, SystemRoot, TEMP, TMPDIR } = process.env;
  return { NODE_ENV, PATH, SystemRoot, TEMP, TMPDIR, LC_ALL: "C" };
}
