import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "#scripts/ports.ts";
import { buildProcesses } from "#scripts/prepare/processes.mjs";
import { cloneDatabase } from "../database.ts";
import { keptLog } from "../kept-log.ts";
import { testDataDir } from "../postgres.ts";
import { spawnWorker } from "../processes.ts";
import { simulatorUrl } from "../simulator.ts";
import { until } from "../stage.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface RunningApp {
  origin: string;
  databaseUrl: string;
  stop(): Promise<void>;
}

/**
 * The product as it runs in production: the built pages, web and worker as built processes, the local WhatsApp, an empty database.
 * @param more variables of the environment, for both processes
 */
export async function startApp(more: Record<string, string> = {}): Promise<RunningApp> {
  if (!existsSync(`${root}/build/server/index.js`)) throw new Error("the pages are not built: npm run build");
  await buildProcesses(root);
  const database = await cloneDatabase();
  const ownSimulator = await simulatorUrl();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const worker = spawnWorker(
    database.url,
    ownSimulator,
    { LOG_LEVEL: "debug", WEBHOOKS_LOCAL: "on", WEB_ORIGIN: origin, ...more },
    ["build/processes/worker.js"],
  );
  const web = spawn(process.execPath, ["build/processes/web.js"], {
    cwd: root,
    env: {
      ...process.env,
      NODE_ENV: "production",
      DATABASE_URL: database.url,
      SIMULATOR_URL: ownSimulator,
      SESSION_KEY: Buffer.alloc(32, 7).toString("base64"),
      THROTTLE_FLOOR_MS: "0",
      WEBHOOKS_LOCAL: "on",
      DATA_DIR: testDataDir,
      PORT: String(port),
      APP_ORIGIN: origin,
      LOG_LEVEL: "info",
      ...more,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  web.stdout.on("data", (chunk: Buffer) => keptLog.write(chunk.toString()));
  const webExited = once(web, "exit");
  await until("the web process to answer", async () => (await fetch(`${origin}/readiness`).catch(() => null))?.ok);
  await worker.id;
  return {
    origin,
    databaseUrl: database.url,
    stop: async () => {
      web.kill("SIGTERM");
      worker.kill("SIGTERM");
      await Promise.all([webExited, worker.exited]);
      await database.drop();
    },
  };
}
