import { WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, connect, leave, link, memoryAuth, ready, textsOf, until } from "./baileys.ts";

let simulator: SpawnedSimulator;
beforeAll(async () => {
  simulator = await spawnSimulator();
  const { publicKey } = await simulator.client.trust();
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(publicKey, "base64");
});
afterAll(() => simulator.stop());

/** What a device shows of the messages its account sent from elsewhere. */
const ownTextsOf = (client: BaileysClient): string[] =>
  client.seen.messages.flatMap(({ message: { key, message } }) => {
    const text = message?.extendedTextMessage?.text;
    return key.fromMe && text ? [text] : [];
  });

const closeAll = async (...clients: BaileysClient[]) => {
  for (const client of clients) await client.sock.end(undefined);
};

describe("the devices of an account", () => {
  it("are listed with what they are and when they were linked", async () => {
    const phone = "+6281230000001";
    const before = (await simulator.client.world()).now;
    const chrome = await link(simulator.client, phone);
    const edge = await link(simulator.client, phone, { browser: ["Windows", "Edge", "10.0"] });
    const { devices } = await simulator.client.account(phone);
    expect(devices.map(({ id, connected, platform }) => ({ id, connected, platform }))).toEqual([
      { id: 1, connected: true, platform: "Chrome (Ubuntu)" },
      { id: 2, connected: true, platform: "Edge (Windows)" },
    ]);
    const times = devices.map(({ linkedAt }) => linkedAt);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(before);
    await closeAll(chrome, edge);
  });

  it("show each other's sends and the contact's messages; unlinking one leaves the others at work", async () => {
    const [phone, contact] = ["+6281230000002", "+6281230000003"];
    const jid = `${contact.slice(1)}@s.whatsapp.net`;
    const first = await link(simulator.client, phone);
    const second = await link(simulator.client, phone);
    await first.sock.sendMessage(jid, { text: "from the first" });
    await until("the second to show it", () => ownTextsOf(second).includes("from the first"));
    // The first knows its account's devices by now: it has to be told of one more.
    const third = await link(simulator.client, phone);
    await first.sock.sendMessage(jid, { text: "once more" });
    await until("both others to show it", () =>
      [second, third].every((each) => ownTextsOf(each).includes("once more")),
    );
    expect([ownTextsOf(second), ownTextsOf(third)]).toEqual([["from the first", "once more"], ["once more"]]);
    await simulator.client.write(contact, phone, "an answer");
    for (const client of [first, second, third]) {
      await until("the answer", () => textsOf(client).some(({ text }) => text === "an answer"));
    }
    expect(await simulator.client.unlink(phone, 2)).toEqual({ removed: 1 });
    expect(await until("the close", () => second.seen.closed)).toBe(401);
    await third.sock.sendMessage(jid, { text: "from the third" });
    await until("the first to show it", () => ownTextsOf(first).includes("from the third"));
    await simulator.client.write(contact, phone, "another answer");
    for (const client of [first, third]) {
      await until("the second answer", () => textsOf(client).some(({ text }) => text === "another answer"));
    }
    await simulator.client.waitUntil({ for: "message", phone: contact, text: "from the third" });
    const chat = (await simulator.client.phoneChats(contact)).find((each) => each.with === phone);
    expect(chat?.messages.map(({ text }) => text)).toEqual([
      "from the first",
      "once more",
      "an answer",
      "from the third",
      "another answer",
    ]);
    expect([first.seen.closed, third.seen.closed]).toEqual([undefined, undefined]);
    await closeAll(first, third);
  });

  it("are four at most; the fifth is let in when one was unlinked, by a QR that is still to come", async () => {
    const phone = "+6281230000004";
    const clients = [];
    for (let n = 0; n < 4; n++) clients.push(await link(simulator.client, phone));
    const fifth = connect(simulator.client, memoryAuth(), { qrTimeout: 4_000 });
    const shown: string[] = [];
    fifth.sock.ev.on("connection.update", ({ qr }) => qr && shown.push(qr));
    const [older = "", newer = ""] = await until("two QR codes", () => shown.length >= 2 && shown);
    await expect(simulator.client.scan(phone, newer)).rejects.toMatchObject({
      status: 409,
      message: `${phone} has 4 linked devices already: unlink one first.`,
    });
    await simulator.client.unlink(phone, 3);
    await expect(simulator.client.scan(phone, older)).rejects.toMatchObject({
      status: 409,
      message: "This QR code has expired: show a new one.",
    });
    expect(await simulator.client.scan(phone, newer)).toEqual({ deviceId: 5 });
    expect(await until("the restart", () => fifth.seen.closed)).toBe(515);
    expect((await simulator.client.account(phone)).devices.map(({ id }) => id)).toEqual([1, 2, 4, 5]);
    await closeAll(...clients);
  });

  it("get a new number each time: a device that is linked again after an unlink is another one", async () => {
    const phone = "+6281230000005";
    const client = await link(simulator.client, phone);
    await simulator.client.unlink(phone);
    expect(await until("the close", () => client.seen.closed)).toBe(401);
    const again = await link(simulator.client, phone);
    expect(again.auth.creds.me?.id).toBe("6281230000005:2@s.whatsapp.net");
    await leave(simulator.client, phone, again);
  });

  it("learn at their next login that they were unlinked while they were away", async () => {
    const phone = "+6281230000006";
    const client = await link(simulator.client, phone);
    await leave(simulator.client, phone, client);
    expect(await simulator.client.unlink(phone)).toEqual({ removed: 1 });
    const later = connect(simulator.client, client.auth);
    expect(await until("the refusal", () => later.seen.closed)).toBe(401);
    expect(later.seen.open).toBe(false);
  });

  it("belong to the phone that scans, even when they belonged to another before", async () => {
    const [phone, wrong] = ["+6281230000007", "+6281230000008"];
    const client = await link(simulator.client, phone);
    await simulator.client.unlink(phone);
    await until("the close", () => client.seen.closed);
    // Linking anew means to forget whose device it was; its keys are the same.
    delete client.auth.creds.me;
    const pairing = connect(simulator.client, client.auth);
    await simulator.client.openAccount(wrong, "Budi");
    await simulator.client.scan(wrong, await until("a QR code", () => pairing.seen.qr));
    expect(await until("the restart", () => pairing.seen.closed)).toBe(515);
    const other = await ready(connect(simulator.client, client.auth));
    expect(other.auth.creds.me?.id).toBe("6281230000008:1@s.whatsapp.net");
    expect((await simulator.client.account(phone)).devices).toEqual([]);
    await closeAll(other);
  });
});
