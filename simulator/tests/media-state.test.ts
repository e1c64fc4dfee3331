import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { connect, leave, link, ready, textsOf, until } from "./baileys.ts";
import { ask, downloaded, trusting } from "./media-client.ts";

const ACCOUNT = "+6281950000001";
const CONTACT = "+5581900000001";

let folder: string;
let simulator: SpawnedSimulator;
const state = () => join(folder, "state.json");
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "simulator-media-"));
  simulator = await spawnSimulator({ state: state() });
});
afterEach(async () => {
  await simulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

const kept = () => readdirSync(`${state()}.media/pictures`);

describe("with a state file", () => {
  it("authority, address, uploads and pictures outlive a kill -9", async () => {
    const before = await simulator.client.trust();
    const first = await link(simulator.client, ACCOUNT, await trusting(simulator.client));
    await simulator.client.write(CONTACT, ACCOUNT, "halo");
    // Until its first history is in, a client holds its events for 20 s, in the next session too.
    await until("the first text", () => textsOf(first).length === 1);
    await leave(simulator.client, ACCOUNT, first);
    const data = randomBytes(100_000);
    const media = { kind: "image", mimeType: "image/png", data } as const;
    const { id } = await simulator.client.send(CONTACT, ACCOUNT, { text: "sebelum mati", media });
    // The state is written a quarter of a second behind, the media at once.
    await until("the save", () => readFileSync(state(), "utf8").includes(`"message:${id}"`));
    simulator.kill();

    simulator = await spawnSimulator({ state: state() });
    const after = await simulator.client.trust();
    expect(after).toEqual(before);
    const second = await ready(connect(simulator.client, first.auth, await trusting(simulator.client)));
    const arrived = await until("the backlog", () =>
      second.seen.messages.find(({ message }) => message.key.id === id && message.message),
    );
    expect(await downloaded(simulator.client, arrived.message)).toEqual(data);
    const shown = (await simulator.client.phoneChats(CONTACT))[0]?.messages.at(-1)?.media;
    expect(await simulator.client.media(CONTACT, shown?.sha256 ?? "")).toEqual(data);
    expect(kept()).toEqual([shown?.sha256]);
    await second.sock.end(undefined);
  });

  it("a reset drops what was sent and keeps the authority", async () => {
    const before = await simulator.client.trust();
    const media = { kind: "image", mimeType: "image/png", data: randomBytes(10) } as const;
    await simulator.client.openAccount(ACCOUNT);
    await simulator.client.send(CONTACT, ACCOUNT, { media });
    expect(kept()).toHaveLength(1);
    await simulator.client.reset();
    expect(kept()).toEqual([]);
    expect(readdirSync(`${state()}.media/uploads`)).toEqual([]);
    expect(await simulator.client.trust()).toEqual(before);
    expect((await ask(simulator.client, "GET", "/v/image/none.enc")).status).toBe(404);
  });
});

describe("a name for the machine", () => {
  const handshake = async (url: string, servername: string, ca: string) => {
    const socket = connectTls({ host: "127.0.0.1", port: Number(new URL(url).port), servername, ca });
    try {
      await once(socket, "secureConnect");
      return socket.authorized;
    } finally {
      socket.destroy();
    }
  };

  it("is in the address that clients get, and in the certificate", async () => {
    process.env.SIMULATOR_PUBLIC_HOST = "simulator.example";
    const named = await spawnSimulator();
    delete process.env.SIMULATOR_PUBLIC_HOST;
    try {
      const { ca, mediaUrl } = await named.client.trust();
      expect(new URL(mediaUrl).hostname).toBe("simulator.example");
      expect(await handshake(mediaUrl, "simulator.example", ca)).toBe(true);
      expect(await handshake(mediaUrl, "localhost", ca)).toBe(true);
      await expect(handshake(mediaUrl, "elsewhere.example", ca)).rejects.toThrow("does not match certificate");
      const { ca: another } = await simulator.client.trust();
      await expect(handshake(mediaUrl, "simulator.example", another)).rejects.toThrow("certificate");
    } finally {
      await named.stop();
    }
  });
});
