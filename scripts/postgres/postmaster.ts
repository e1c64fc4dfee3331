import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The running server of a cluster, as its `postmaster.pid` tells. */
export interface Postmaster {
  pid: number;
  port: number;
}

// Above every system's highest process id, so never alive.
const NOBODY = 2_147_483_647;

/**
 * The server that runs on the data folder now, if any. A file left by a server that was killed is no obstacle: Postgres
 * sees that the process is gone. But when the system has given the number to another program since, Postgres would
 * refuse to start; then the number in the file is replaced. The rest of the file stays: by the shared memory named in it
 * Postgres waits for backends that outlived their server.
 */
export function findPostmaster(data: string): Postmaster | undefined {
  const file = join(data, "postmaster.pid");
  // The file's lines: process id, data folder, start time, port, … (PostgreSQL, src/include/utils/pidfile.h).
  const lines = readLines(file);
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  if (servesData(pid, data)) return { pid, port: Number(lines[3]) };
  writeFileSync(file, [String(NOBODY), ...lines.slice(1)].join("\n"));
  return undefined;
}

/** True while a process of this number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function servesData(pid: number, data: string): boolean {
  try {
    // A zombie has an empty command line: it holds nothing any more.
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(data);
    if (process.platform === "win32") return true;
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).includes(data);
  } catch {
    return false;
  }
}

function readLines(file: string): string[] | undefined {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return undefined;
  }
}
