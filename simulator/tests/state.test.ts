import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { connect, leave, link, ready, textsOf, until } from "./baileys.ts";

const ACCOUNT = "+6281600000001";
const CONTACT = "+5541900000001";
const JID = "5541900000001@s.whatsapp.net";

let folder: string;
let simulator: SpawnedSimulator;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "simulator-"));
  simulator = await spawnSimulator({ state: join(folder, "state.json") });
});
afterEach(async () => {
  await simulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

const shown = async () => (await simulator.client.phoneChats(CONTACT))[0]?.messages.map(({ text }) => text) ?? [];
const again = async () => {
  simulator = await spawnSimulator({ state: join(folder, "state.json") });
};

describe("the state file", () => {
  it("carries root key, devices, chats, sessions and what was still to deliver over a restart", async () => {
    const { publicKey } = await simulator.client.trust();
    const first = await link(simulator.client, ACCOUNT);
    await first.sock.sendMessage(JID, { text: "sebelum" });
    await until("the first text", async () => (await shown()).length === 1);
    await simulator.client.write(CONTACT, ACCOUNT, "balas");
    await until("the answer", () => textsOf(first).length === 1);
    await leave(simulator.client, ACCOUNT, first);
    await simulator.client.write(CONTACT, ACCOUNT, "saat mati");
    await simulator.stop();

    await again();
    expect((await simulator.client.trust()).publicKey).toBe(publicKey);
    const second = await ready(connect(simulator.client, first.auth));
    await until("the backlog", () => textsOf(second).some(({ text }) => text === "saat mati"));
    await second.sock.sendMessage(JID, { text: "sesudah" });
    await until("the second text", async () => (await shown()).length === 4);
    expect(await shown()).toEqual(["sebelum", "balas", "saat mati", "sesudah"]);
    await second.sock.end(undefined);
  });

  it("keeps a linked device through kill -9, and repairs the sessions that went back in time", async () => {
    const first = await link(simulator.client, ACCOUNT);
    await first.sock.sendMessage(JID, { text: "satu" });
    await until("the first text", async () => (await shown()).length === 1);
    await simulator.client.write(CONTACT, ACCOUNT, "dua");
    await until("the answer", () => textsOf(first).length === 1);
    simulator.kill();
    await until("the cut", () => first.seen.closed);

    await again();
    const second = await ready(
      connect(simulator.client, first.auth, { getMessage: async () => ({ conversation: "tiga" }) }),
    );
    const id = (await second.sock.sendMessage(JID, { text: "tiga" }))?.key.id ?? "";
    await until("the text after the kill", async () => (await shown()).includes("tiga"));
    await simulator.client.write(CONTACT, ACCOUNT, "empat");
    await until("the text to the account", () => textsOf(second).some(({ text }) => text === "empat"));
    await until("the ack", () => second.seen.acks.some((ack) => ack.id === id));
    await second.sock.end(undefined);
  });

  it("is forgotten without a file: an old device is refused with 401", async () => {
    const forgetful = await spawnSimulator();
    const first = await link(forgetful.client, ACCOUNT);
    await leave(forgetful.client, ACCOUNT, first);
    await forgetful.stop();
    const other = await spawnSimulator();
    const later = connect(other.client, first.auth);
    expect(await until("the refusal", () => later.seen.closed)).toBe(401);
    await other.stop();
  });
});
