import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { StartError } from "../start-error.mjs";

const ANSWER_MS = 1_000;

const ownerSchema = z.object({ pid: z.number(), port: z.number(), token: z.string() });
type Owner = z.infer<typeof ownerSchema>;

/** The right of one launcher to a data folder. */
export interface FolderLock {
  /** True when the last launcher here was killed: what it started may take a moment to end. */
  afterKill: boolean;
  release: () => void;
}

/**
 * Takes the data folder for this process. The lock file names a loopback port where its owner answers with a token, so
 * a file left behind by a kill is told from a living owner, even when its process id has been given away since.
 * @throws StartError when another launcher holds the folder
 */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const file = join(dataDir, "launcher.lock");
  const token = randomUUID();
  const server = createServer((socket) => socket.on("error", () => {}).end(token));
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(address && typeof address === "object" ? address.port : 0);
    });
  });
  server.unref();

  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, port, token } satisfies Owner), { mode: 0o600 });
  let afterKill = false;
  try {
    while (!linked(mine, file)) {
      const owner = readOwner(file);
      if (owner && (await isAnswering(owner))) {
        server.close();
        throw new StartError(
          `MassSender is already running in ${dataDir} (process ${owner.pid}): stop it first, or set DATA_DIR.`,
        );
      }
      afterKill = true;
      moveAside(file, owner);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    afterKill,
    release() {
      if (readOwner(file)?.token === token) rmSync(file, { force: true });
      server.close();
    },
  };
}

/** A hard link is made whole or not at all, and never over an existing file. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Removes the lock of a dead owner; puts it back when a living one has taken its place meanwhile. */
function moveAside(file: string, dead: Owner | undefined): void {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Another start moved it first.
  }
  if (readOwner(aside)?.token !== dead?.token) linked(aside, file);
  rmSync(aside, { force: true });
}

function readOwner(file: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function isAnswering({ port, token }: Owner): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let heard = "";
    socket.setTimeout(ANSWER_MS);
    socket.on("data", (chunk) => (heard += chunk));
    socket.once("close", () => resolve(heard === token));
    socket.once("error", () => resolve(false));
    // Connected, but silent: stopped with Ctrl-Z, or very busy. It still holds the folder.
    socket.once("timeout", () => {
      resolve(true);
      socket.destroy();
    });
  });
}
