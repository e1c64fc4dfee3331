import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(new URL("../start.mjs", import.meta.url));
const READY_MS = 10 * 60_000;

/** Starts the whole product on free ports with data of its own, and answers its address once it is ready. */
export async function startProduct(say: (line: string) => void): Promise<{ origin: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "masssender-demo-"));
  const [port, simulatorPort, workerPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const child = spawn(process.execPath, [START], {
    env: {
      ...process.env,
      DATABASE_URL: "",
      APP_ORIGIN: "",
      DATA_DIR: dataDir,
      PORT: String(port),
      SIMULATOR_PORT: String(simulatorPort),
      WORKER_HTTP_PORT: String(workerPort),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    await end(child);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    return { origin: await readyOrigin(child, say), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readyOrigin(child: ChildProcess, say: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The product did not become ready.")), READY_MS);
    child.once("exit", (code) => reject(new Error(`The product stopped with code ${code} before it was ready.`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const origin = line.match(/^ready (\S+) /)?.[1];
      if (!origin) return say(line);
      clearTimeout(timer);
      resolve(origin);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
