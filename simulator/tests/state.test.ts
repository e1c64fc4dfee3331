import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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

  it("repairs the sessions when a kill -9 took it back in time", async () => {
    const file = join(folder, "state.json");
    const first = await link(simulator.client, ACCOUNT);
    await first.sock.sendMessage(JID, { text: "satu" });
    // Kept three times: on either phone, and in what the server took.
    await until("the save", () => readFileSync(file, "utf8").split('"satu"').length === 4);
    copyFileSync(file, `${file}.old`);
    await simulator.client.write(CONTACT, ACCOUNT, "dua");
    await until("the answer", () => textsOf(first).length === 1);
    await first.sock.sendMessage(JID, { text: "tiga" });
    await until("the third text", async () => (await shown()).length === 3);
    simulator.kill();
    await until("the cut", () => first.seen.closed);
    copyFileSync(`${file}.old`, file);

    await again();
    expect(await shown()).toEqual(["satu"]);
    const second = await ready(connect(simulator.client, first.auth));
    await simulator.client.write(CONTACT, ACCOUNT, "empat");
    await until("the text to the account", () => textsOf(second).some(({ text }) => text === "empat"));
    await second.sock.sendMessage(JID, { text: "lima" });
    await until("the text to the contact", async () => (await shown()).includes("lima"));
    await until("the copy on the own phone", async () =>
      (await simulator.client.chats(ACCOUNT))[0]?.messages.some(({ text }) => text === "lima"),
    );
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
