import { connect } from "node:net";
import type { MediaSettings } from "../env.ts";

/** Somebody who looks for viruses. */
export interface Scanner {
  /**
   * @returns the name of what was found, or null
   * @throws when it gives no answer that can be relied on
   */
  scan(bytes: Uint8Array): Promise<string | null>;
}

const ANSWER_MS = 30_000;
const CHUNK_BYTES = 64 * 1024;
const MAX_ANSWER = 4_096;

/** A clamd over TCP: INSTREAM, the data in chunks behind their length, an empty one last (clamd(8), "COMMANDS"). */
export function clamd({ host, port }: NonNullable<MediaSettings["clamd"]>): Scanner {
  return {
    async scan(bytes) {
      const said = await instream(host, port, bytes);
      const found = /^stream: (.+) FOUND$/.exec(said)?.[1];
      if (found) return found;
      if (said === "stream: OK") return null;
      throw new Error(`clamd said: ${said.slice(0, 200) || "nothing"}`);
    },
  };
}

function instream(host: string, port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect({ host, port });
    const giveUp = setTimeout(() => socket.destroy(new Error("clamd does not answer")), ANSWER_MS);
    socket.on("data", (data) => {
      said += data.toString("utf8");
      if (said.length > MAX_ANSWER) socket.destroy(new Error("clamd does not come to an end"));
      const end = said.indexOf("\0");
      if (end < 0) return;
      // It may say what it found, or that it is too much, before all has come.
      resolve(said.slice(0, end));
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => {
      clearTimeout(giveUp);
      reject(new Error("clamd hung up"));
    });
    socket.once("connect", () => {
      socket.write("zINSTREAM\0");
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        const chunk = bytes.subarray(at, at + CHUNK_BYTES);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(chunk.length);
        socket.write(length);
        socket.write(chunk);
      }
      socket.write(Buffer.alloc(4));
    });
  });
}
