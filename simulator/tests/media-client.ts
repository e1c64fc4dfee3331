import { createHash } from "node:crypto";
import { Agent, request } from "node:https";
import { downloadMediaMessage, type UserFacingSocketConfig, type WAMessage } from "@whiskeysockets/baileys";
import { Agent as Dispatcher } from "undici";
import type { SimulatorClient } from "../client.ts";

/** What makes a Baileys socket trust the media server: uploads use the agent, downloads the dispatcher. */
export const trusting = async (simulator: SimulatorClient): Promise<Partial<UserFacingSocketConfig>> => {
  const { ca } = await simulator.trust();
  return { fetchAgent: new Agent({ ca }) };
};

/** What Baileys makes of a message's media, fetched over HTTPS and decrypted. */
export const downloaded = async (simulator: SimulatorClient, message: WAMessage): Promise<Buffer> => {
  const { ca } = await simulator.trust();
  const dispatcher = new Dispatcher({ connect: { ca } });
  // Baileys hands these to Node's fetch, which knows a dispatcher; the DOM's type does not.
  const options = { dispatcher } as RequestInit;
  try {
    return await downloadMediaMessage(message, "buffer", { options });
  } finally {
    await dispatcher.close();
  }
};

export const sha256Of = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** One plain HTTPS request to the media server. */
export const ask = async (
  simulator: SimulatorClient,
  method: "GET" | "POST",
  path: string,
  { body, headers }: { body?: Buffer; headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; body: Buffer; headers: Record<string, unknown> }> => {
  const { ca, mediaUrl } = await simulator.trust();
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, mediaUrl), { method, ca, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode, body: Buffer.concat(parts), headers: response.headers }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
};
