import { once } from "node:events";
import net from "node:net";

/** A database at another address, where all connections can be cut at once, as when its machine dies. */
export interface Severable {
  url: string;
  /**
   * Cuts every connection, but those that ask for the array types: postgres.js rejects a promise then that nobody can reach. Until `mend`, new ones are cut too when `stay` says so.
   */
  cut(options?: { stay: boolean }): void;
  mend(): void;
  /** From now on nothing comes through, and nobody is told: as when the machine at the other end hangs. */
  freeze(): void;
  close(): void;
}

export async function openSeverable(databaseUrl: string): Promise<Severable> {
  const target = new URL(databaseUrl);
  /** To each connection that came the one that leads on. */
  const wires = new Map<net.Socket, net.Socket>();
  const asking = new WeakSet<net.Socket>();
  let away = false;
  let frozen = false;
  const proxy = net.createServer((near) => {
    if (away) return void near.resetAndDestroy();
    const far = net.connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on("error", () => {});
      socket.on("close", () => other.destroy());
      socket.pipe(other);
    }
    if (frozen) near.unpipe();
    near.on("data", (bytes) => void (bytes.includes("typarray") ? asking.add(near) : asking.delete(near)));
    wires.set(near, far);
    near.on("close", () => wires.delete(near));
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(typeof address === "object" ? address?.port : "");
  return {
    url: url.href,
    cut: ({ stay } = { stay: false }) => {
      away = stay;
      for (const wire of wires.keys()) if (!asking.has(wire)) wire.resetAndDestroy();
    },
    mend: () => {
      away = false;
    },
    freeze: () => {
      frozen = true;
      for (const [near, far] of wires) {
        near.unpipe(far);
        far.unpipe(near);
      }
    },
    close: () => {
      for (const wire of wires.keys()) wire.destroy();
      proxy.close();
    },
  };
}
