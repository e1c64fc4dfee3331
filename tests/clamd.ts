import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { EICAR } from "./fixtures/media/documents.ts";

export interface TestClamd {
  port: number;
  /** Every stream it was sent, whole. */
  scanned: Buffer[];
  /** How it behaves from now on: as it should, saying that it cannot, hanging up, or not at all. */
  mood: "well" | "error" | "hangs up" | "silent";
  stop(): Promise<void>;
}

const COMMAND = "zINSTREAM\0";

/**
 * A server that speaks clamd's INSTREAM to the letter (clamd(8)): "z" commands end in a zero byte, as does the answer; chunks
 * come behind their length in four bytes, and one of length 0 ends them. It knows one virus: the EICAR test file.
 */
export async function startTestClamd(): Promise<TestClamd> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    let pending = Buffer.alloc(0);
    let commanded = false;
    const chunks: Buffer[] = [];
    socket.on("data", (data) => {
      pending = Buffer.concat([pending, data]);
      if (clamd.mood === "hangs up") socket.destroy();
      if (clamd.mood === "silent" || clamd.mood === "hangs up") return;
      if (!commanded) {
        if (pending.length < COMMAND.length) return;
        if (pending.toString("latin1", 0, COMMAND.length) !== COMMAND) {
          socket.end("UNKNOWN COMMAND\0");
          return;
        }
        commanded = true;
        pending = pending.subarray(COMMAND.length);
      }
      while (pending.length >= 4) {
        const length = pending.readUInt32BE(0);
        if (length === 0) {
          const whole = Buffer.concat(chunks);
          clamd.scanned.push(whole);
          const found = whole.includes(EICAR) ? "Eicar-Test-Signature FOUND" : "OK";
          socket.end(clamd.mood === "error" ? "INSTREAM size limit exceeded. ERROR\0" : `stream: ${found}\0`);
          return;
        }
        if (pending.length < 4 + length) return;
        chunks.push(pending.subarray(4, 4 + length));
        pending = pending.subarray(4 + length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const clamd: TestClamd = {
    port: (server.address() as AddressInfo).port,
    scanned: [],
    mood: "well",
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return clamd;
}
