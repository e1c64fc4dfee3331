import { once } from "node:events";
import net from "node:net";

/** The local WhatsApp at another address, where what a phone's connection says can be kept from it. */
export interface OneWay {
  url: string;
  /** From now on nothing that is said on the WebSockets that are open arrives; what they are told still does. */
  mute(): void;
  close(): void;
}

/** Passes everything on to the server at `serverUrl`, until told not to. */
export async function openOneWay(serverUrl: string): Promise<OneWay> {
  const target = new URL(serverUrl);
  const sockets = new Set<{ near: net.Socket; far: net.Socket }>();
  const wires = new Set<net.Socket>();
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname);
    const pair = { near, far };
    near.once("data", (first) => void (first.includes("GET /ws/") && sockets.add(pair)));
    for (const [wire, other] of [
      [near, far],
      [far, near],
    ] as const) {
      wires.add(wire);
      wire.on("error", () => {});
      wire.on("close", () => {
        wires.delete(wire);
        sockets.delete(pair);
        other.destroy();
      });
      wire.pipe(other);
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    mute: () => {
      for (const { near, far } of sockets) {
        near.unpipe(far);
        near.resume();
      }
    },
    close: () => {
      for (const wire of wires) wire.destroy();
      proxy.close();
    },
  };
}
