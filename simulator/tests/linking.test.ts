import { WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { connect, leave, link, memoryAuth, ready, until } from "./baileys.ts";

let simulator: SpawnedSimulator;
beforeAll(async () => {
  simulator = await spawnSimulator();
});
afterAll(() => simulator.stop());

describe("linking a device", () => {
  it("pairs by QR, restarts with 515, logs in and learns the phone's name", async () => {
    const phone = "+6281200000001";
    const client = await link(simulator.client, phone);
    await until("the name", () => client.auth.creds.me?.name === "Ani");
    const account = await simulator.client.account(phone);
    expect(account.devices).toMatchObject([{ id: 1, connected: true }]);
    expect(client.auth.creds.me?.id).toBe("6281200000001:1@s.whatsapp.net");
    expect(client.auth.creds.me?.lid).toBe(account.lid.replace("@", ":1@"));
    await until("the history not to hold the events", () => client.auth.creds.accountSyncCounter === 1);
    await leave(simulator.client, phone, client);
  });

  it("logs in again with the saved credentials and no new QR", async () => {
    const phone = "+6281200000002";
    const first = await link(simulator.client, phone);
    await leave(simulator.client, phone, first);
    const again = await ready(connect(simulator.client, first.auth));
    expect(again.seen.qr).toBeUndefined();
    expect(await simulator.client.connections(phone)).toEqual({ live: 1, maxLivePerDevice: 1, logins: 2 });
    await leave(simulator.client, phone, again);
  });

  it("replaces the first of two sockets of one device with 440, and tells that both were there", async () => {
    const phone = "+6281200000003";
    const first = await link(simulator.client, phone);
    const second = await ready(connect(simulator.client, first.auth));
    expect(await until("the first to close", () => first.seen.closed)).toBe(440);
    expect(await simulator.client.connections(phone)).toEqual({ live: 1, maxLivePerDevice: 2, logins: 2 });
    await leave(simulator.client, phone, second);
  });

  it("unlinks from the phone with 401, now and at every later login", async () => {
    const phone = "+6281200000004";
    const client = await link(simulator.client, phone);
    expect(await simulator.client.unlink(phone)).toEqual({ removed: 1 });
    expect(await until("the close", () => client.seen.closed)).toBe(401);
    const later = connect(simulator.client, client.auth);
    expect(await until("the refusal", () => later.seen.closed)).toBe(401);
  });

  it("forgets the device that logs itself out", async () => {
    const phone = "+6281200000005";
    const client = await link(simulator.client, phone);
    await client.sock.logout();
    await until("the device to be gone", async () => (await simulator.client.account(phone)).devices.length === 0);
  });

  it("refuses a login that does not own the device's Noise key", async () => {
    const phone = "+6281200000006";
    const client = await link(simulator.client, phone);
    const thief = memoryAuth();
    thief.creds.me = client.auth.creds.me;
    const stolen = connect(simulator.client, thief);
    expect(await until("the refusal", () => stolen.seen.closed)).toBe(401);
    expect(client.seen.closed).toBeUndefined();
    await leave(simulator.client, phone, client);
  });

  it("refuses a QR code that is unreadable with 400, and one that is not shown any more with 409", async () => {
    const phone = "+6281200000007";
    await simulator.client.openAccount(phone);
    await expect(simulator.client.scan(phone, "hello")).rejects.toMatchObject({ status: 400 });
    const pairing = connect(simulator.client, memoryAuth());
    const qr = await until("a QR code", () => pairing.seen.qr);
    await pairing.sock.end(undefined);
    await until("the QR to expire", () =>
      simulator.client.scan(phone, qr).catch((error: { status: number }) => error.status === 409),
    );
  });

  it("shows six refs in turn, then lets the client give up with 408, after which none is good", async () => {
    const phone = "+6281200000008";
    await simulator.client.openAccount(phone);
    const codes = new Set<string>();
    const pairing = connect(simulator.client, memoryAuth(), { qrTimeout: 50 });
    pairing.sock.ev.on("connection.update", ({ qr }) => qr && codes.add(qr));
    expect(await until("the end of the refs", () => pairing.seen.closed)).toBe(408);
    expect(codes.size).toBe(6);
    await until("the connection to be gone", async () => (await simulator.client.world()).connections === 0);
    for (const qr of codes) {
      await expect(simulator.client.scan(phone, qr)).rejects.toMatchObject({ status: 409 });
    }
  });

  it("links a device once, however many phones scan its QR at the same time", async () => {
    const phones = ["+6281200000009", "+6281200000010"];
    for (const phone of phones) await simulator.client.openAccount(phone);
    const pairing = connect(simulator.client, memoryAuth());
    const qr = await until("a QR code", () => pairing.seen.qr);
    const scans = await Promise.allSettled(phones.map((phone) => simulator.client.scan(phone, qr)));
    expect(scans.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await until("the restart", () => pairing.seen.closed)).toBe(515);
    const devices = await Promise.all(phones.map(async (phone) => (await simulator.client.account(phone)).devices));
    expect(devices.flat()).toHaveLength(1);
  });

  it("keeps nothing of a device that goes away while it is being linked", async () => {
    const phone = "+6281200000011";
    await simulator.client.openAccount(phone);
    const auth = memoryAuth();
    const pairing = connect(simulator.client, auth);
    const qr = await until("a QR code", () => pairing.seen.qr);
    // The client checks the envelope with a secret the phone did not get, and ends.
    auth.creds.advSecretKey = Buffer.alloc(32, 7).toString("base64");
    const began = performance.now();
    await expect(simulator.client.scan(phone, qr)).rejects.toMatchObject({
      status: 409,
      message: "The device went away while it was being linked.",
    });
    expect(performance.now() - began).toBeLessThan(30_000);
    expect((await simulator.client.account(phone)).devices).toEqual([]);
  });

  it("answers pings of a device that is not linked yet, so that it does not think the connection lost", async () => {
    const pairing = connect(simulator.client, memoryAuth());
    await until("a QR code", () => pairing.seen.qr);
    const ping = { tag: "iq", attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:p" } };
    await expect(pairing.sock.query({ ...ping, content: [{ tag: "ping", attrs: {} }] })).resolves.toMatchObject({
      attrs: { type: "result" },
    });
    await pairing.sock.end(undefined);
  });

  it("journals what a device says that is not known before it is linked, and answers it", async () => {
    const pairing = connect(simulator.client, memoryAuth());
    await until("a QR code", () => pairing.seen.qr);
    const stanza = { tag: "wave", attrs: { id: "W1", to: "@s.whatsapp.net" } };
    const acked = new Promise((resolve) => pairing.sock.ws.once("CB:ack,class:wave", resolve));
    await pairing.sock.sendNode(stanza);
    expect(await acked).toMatchObject({ attrs: { id: "W1" } });
    const question = { tag: "iq", attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:weather" } };
    await expect(pairing.sock.query(question)).rejects.toMatchObject({ message: "feature-not-implemented" });
    const journal = await simulator.client.journal();
    expect(journal).toContainEqual(
      expect.objectContaining({ what: "unknown stanza", text: expect.stringContaining("<wave") }),
    );
    expect(journal).toContainEqual(
      expect.objectContaining({ what: "unknown question", text: expect.stringContaining("w:weather") }),
    );
    await pairing.sock.end(undefined);
  });

  it("has a root key of its own", async () => {
    const { publicKey } = await simulator.client.trust();
    expect(Buffer.from(publicKey, "base64")).toHaveLength(32);
    expect(WA_CERT_DETAILS.PUBLIC_KEY.toString("base64")).toBe(publicKey);
  });
});
