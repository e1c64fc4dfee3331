import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface WorkerHealth {
  metrics: Registry;
  /** Which parts work; the worker is ready when all do. */
  parts: () => Promise<Record<string, boolean>>;
}

/** The worker's own small door: `/healthz` (the process runs), `/readiness`, `/metrics`. */
export function createHealthServer({ metrics, parts }: WorkerHealth): Server {
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    const json = (status: number, body: unknown) => ({ status, type: "application/json", body: JSON.stringify(body) });
    if (path === "/healthz") return json(200, { ok: true });
    if (path === "/metrics") return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
    if (path !== "/readiness") return json(404, { error: "There is nothing here." });
    const working = await parts();
    const ready = Object.values(working).every(Boolean);
    return json(ready ? 200 : 503, { ready, ...working });
  };
  return createServer((request, response) => {
    answer(new URL(request.url ?? "/", "http://worker").pathname)
      .catch(() => ({ status: 503, type: "application/json", body: JSON.stringify({ ready: false }) }))
      .then(({ status, type, body }) => response.writeHead(status, { "content-type": type }).end(body))
      .catch(() => response.destroy());
  });
}

/** @returns the port that was taken */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      // A TCP server that listens has an address of this form.
      resolve((server.address() as AddressInfo).port);
    });
  });
}
