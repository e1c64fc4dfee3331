import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { DestinationStream } from "pino";
import { type Connection, connect } from "#db/client.ts";
import type { Env } from "#server/env.ts";
import { createHttpApp, KEEP_ALIVE_MS } from "#server/http.ts";
import { type Live, startLive } from "#server/live.ts";
import { createLog } from "#server/log.ts";
import { createMetrics } from "#server/metrics.ts";
import { testEnv } from "./factories.ts";

export interface TestWeb {
  origin: string;
  env: Env;
  connection: Connection;
  live: Live;
  /** Drops every open connection, as a network does. */
  cutConnections(): void;
  stop(): Promise<void>;
}

/**
 * The web process's door on a free port, over a test's database. Screens are the browser tests' part: it has none.
 * @param out takes its log, where a test reads it
 */
export async function startWeb(
  databaseUrl: string,
  more: Record<string, string> = {},
  out?: DestinationStream,
): Promise<TestWeb> {
  const http = createServer();
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const env = testEnv(databaseUrl, { APP_ORIGIN: origin, ...more });
  const log = createLog("web", env, out);
  const connection = connect(databaseUrl, { max: 6 });
  const live = await startLive(connection.sql, log);
  const closing = new AbortController();
  const app = createHttpApp({
    env,
    log,
    connection,
    live,
    metrics: createMetrics(connection.db),
    loadBuild: () => Promise.reject(new Error("this test has no screens")),
    closing: closing.signal,
  });
  const listener = getRequestListener(app.fetch);
  http.on("request", (request, response) => void listener(request, response));
  return {
    origin,
    env,
    connection,
    live,
    cutConnections: () => http.closeAllConnections(),
    stop: async () => {
      closing.abort();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await live.close();
      await connection.close();
    },
  };
}
