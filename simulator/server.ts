import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { control } from "./control/app.ts";
import { startMediaServer } from "./media/server.ts";
import { Service } from "./service/service.ts";

const SOCKET_PATH = "/ws/chat";
/** The largest stanza: a key upload is 40 kB, the rest is far smaller. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Node's own 5 s resets the connections of slow test clients. */
const KEEP_ALIVE_MS = 60_000;

const answerPlainly = (socket: Duplex, status: number, text: string): void => {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
};

/** A simulator that listens. */
export interface RunningSimulator {
  url: string;
  /** Where media are up- and downloaded, with a certificate of the simulator's own CA. */
  mediaUrl: string;
  close: () => Promise<void>;
}

/** Addresses that stand for every one of the machine, which no client can call. */
const WILDCARDS = new Set(["0.0.0.0", "::"]);

/**
 * Starts the WebSocket and the control on one port, media over HTTPS on another (0: any free one). `publicHost` is how
 * clients call this machine for media; without it `host`, or loopback. Rejects when a port is taken.
 */
export const startSimulator = async (options: {
  host: string;
  port: number;
  mediaPort?: number | undefined;
  publicHost?: string | undefined;
  state?: string | undefined;
  seed?: string | undefined;
}): Promise<RunningSimulator> => {
  const service = new Service(options.state, options.seed);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  const listener = getRequestListener(control(service).fetch);
  const server = createServer((request, response) => void listener(request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("upgrade", (request: IncomingMessage, socket, head) => {
    socket.on("error", () => socket.destroy());
    const path = request.url ?? "/";
    const url = URL.canParse(path, "http://simulator") ? new URL(path, "http://simulator") : undefined;
    if (url?.pathname !== SOCKET_PATH) return answerPlainly(socket, 404, "Not Found");
    const fault = service.upgrades.fault(url.searchParams.get("account"));
    if (fault === "hang") return service.upgrades.hang(socket);
    if (fault) return answerPlainly(socket, fault, "Refused");
    return sockets.handleUpgrade(request, socket, head, (webSocket) => service.accept(webSocket));
  });
  const publicHost = options.publicHost ?? (WILDCARDS.has(options.host) ? "127.0.0.1" : options.host);
  const media = await startMediaServer(service.ctx, { host: options.host, port: options.mediaPort ?? 0, publicHost });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  // A listening TCP server always has an address with a port.
  const { port } = server.address() as AddressInfo;
  const shown = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${shown}:${port}`,
    mediaUrl: `https://${service.ctx.media.host}`,
    close: async () => {
      media.close();
      server.close();
      server.closeAllConnections();
      await service.close();
    },
  };
};
