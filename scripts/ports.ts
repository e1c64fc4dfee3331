import { createServer } from "node:net";

/** A port nobody listens on at the moment of asking, on loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === "object") resolve(address.port);
        else reject(new Error("no port was assigned"));
      });
    });
  });
}

/** True when a server could listen on `port`, both on loopback and on every address. */
export async function portIsFree(port: number): Promise<boolean> {
  // Asked one after the other: some systems let a wildcard listener stand beside a loopback one.
  return (await canListen(port, "127.0.0.1")) && (await canListen(port));
}

/** `wanted` when it is free, else any free port. */
export async function freePortNear(wanted: number): Promise<number> {
  return (await portIsFree(wanted)) ? wanted : await freePort();
}

function canListen(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
