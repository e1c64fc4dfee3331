import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { ServerBuild } from "@remix-run/node";
import { connect } from "#db/client.ts";
import { built } from "./built.ts";
import { readEnv } from "./env.ts";
import { createHttpApp, KEEP_ALIVE_MS } from "./http.ts";
import { startLive } from "./live.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics.ts";

const DRAIN_MS = 3_000;

const env = readEnv(process.env);
const log = createLog("web", env);

// postgres.js asks each new connection for its array types, and nobody hears when that fails.
process.on("unhandledRejection", (err) => {
  log.error({ err, event: "unhandled" }, "a rejection nobody handled");
});

const connection = connect(env.databaseUrl, { max: 10, name: "masssender-web" });
const live = await startLive(connection.sql, log);
const closing = new AbortController();

const http = createServer();
http.keepAliveTimeout = KEEP_ALIVE_MS;
const { loadBuild, before } = await remixBuild();
const app = createHttpApp({
  env,
  log,
  connection,
  live,
  metrics: createMetrics(connection.db),
  loadBuild,
  closing: closing.signal,
});
const listener = getRequestListener(app.fetch);
http.on("request", (request, response) => before(request, response, () => void listener(request, response)));
http.listen(env.port, env.host, () => log.info({ event: "listening", port: env.port }, "web is listening"));
http.on("error", (err) => {
  log.fatal({ err, event: "listen.failed" }, "web could not listen");
  process.exit(1);
});

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** In development Vite serves the browser's side and reloads Remix's build; in production it is read once. */
async function remixBuild(): Promise<{ loadBuild: () => Promise<ServerBuild>; before: Middleware }> {
  if (env.nodeEnv === "development") {
    const vite = await import("vite");
    const server = await vite.createServer({
      server: { middlewareMode: true, hmr: { server: http } },
      appType: "custom",
    });
    return {
      // Vite types every module as a plain record.
      loadBuild: async () => (await server.ssrLoadModule("virtual:remix/server-build")) as unknown as ServerBuild,
      before: server.middlewares,
    };
  }
  const build: ServerBuild = await import(
    new URL(built ? "../server/index.js" : "../build/server/index.js", import.meta.url).href
  );
  return { loadBuild: () => Promise.resolve(build), before: (_request, _response, next) => next() };
}

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  closing.abort();
  const force = setTimeout(() => http.closeAllConnections(), DRAIN_MS);
  await new Promise((resolve) => http.close(resolve));
  clearTimeout(force);
  await live.close();
  await connection.close();
  process.exit(0);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
