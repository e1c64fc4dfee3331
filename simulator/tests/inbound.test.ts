import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, connect, leave, link, ready, receiptsOf, textsOf, until } from "./baileys.ts";

const ACCOUNT = "+6281400000001";
const CONTACT = "+5521900000001";
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;

let simulator: SpawnedSimulator;
let client: BaileysClient;

beforeAll(async () => {
  simulator = await spawnSimulator();
  client = await link(simulator.client, ACCOUNT);
});
afterAll(() => simulator.stop());

const arrival = (text: string) => until(text, () => textsOf(client).find((each) => each.text === text));
const reconnect = async () => {
  client = await ready(connect(simulator.client, client.auth));
};
const statusOf = async (id: string) =>
  (await simulator.client.phoneChats(CONTACT))[0]?.messages.find((each) => each.id === id)?.status;

describe("a text from a contact", () => {
  it("arrives encrypted while the account is online, and the contact sees it read", async () => {
    const { id } = await simulator.client.write(CONTACT, ACCOUNT, "halo");
    expect(await arrival("halo")).toEqual({ text: "halo", type: "notify", id });
    const message = client.seen.messages.find((each) => each.message.key.id === id)?.message;
    expect(message?.key).toMatchObject({ remoteJid: jidOf(CONTACT), fromMe: false });
    if (message) await client.sock.readMessages([message.key]);
    await until("the read mark", async () => (await statusOf(id)) === "read");
    expect((await simulator.client.chats(ACCOUNT))[0]?.messages).toMatchObject([{ id, text: "halo", fromMe: false }]);
  });

  it("waits while the account is offline and comes in the backlog, once", async () => {
    await leave(simulator.client, ACCOUNT, client);
    await simulator.client.write(CONTACT, ACCOUNT, "satu");
    await simulator.client.write(CONTACT, ACCOUNT, "dua");
    await reconnect();
    await arrival("dua");
    expect(textsOf(client).map(({ text, type }) => [text, type])).toEqual([
      ["satu", "append"],
      ["dua", "append"],
    ]);
    await leave(simulator.client, ACCOUNT, client);
    await reconnect();
    await simulator.client.write(CONTACT, ACCOUNT, "tiga");
    await arrival("tiga");
    expect(client.seen.stanzas.filter(({ offline }) => offline)).toEqual([]);
    expect(textsOf(client).map(({ text }) => text)).toEqual(["tiga"]);
  });

  it("is answered on the same session", async () => {
    await client.sock.sendMessage(jidOf(CONTACT), { text: "baik" });
    await until("the answer", async () =>
      (await simulator.client.phoneChats(CONTACT))[0]?.messages.some(({ text, fromMe }) => text === "baik" && !fromMe),
    );
  });

  it("comes again on a new session when the client lost the old one", async () => {
    const lid = (await client.sock.signalRepository.lidMapping.getLIDForPN(jidOf(CONTACT))) ?? "";
    await client.sock.signalRepository.deleteSession([lid]);
    const { id } = await simulator.client.write(CONTACT, ACCOUNT, "setelah sesi hilang");
    expect(await arrival("setelah sesi hilang")).toMatchObject({ id });
  });

  it("comes from the hidden identity when the phone writes so", async () => {
    const hidden = "+5521900000002";
    const { lid } = await simulator.client.setPhone(hidden, { addressing: "lid", name: "Sari" });
    const { id } = await simulator.client.write(hidden, ACCOUNT, "dari LID");
    await arrival("dari LID");
    const message = client.seen.messages.find((each) => each.message.key.id === id)?.message;
    expect(message).toMatchObject({ pushName: "Sari", key: { remoteJid: lid, remoteJidAlt: jidOf(hidden) } });
  });
});

describe("receipts", () => {
  it("that fall due while the client is away come in the backlog", async () => {
    await simulator.client.setDelays(ACCOUNT, { deliveredMs: 60_000, readMs: 61_000 });
    const id = (await client.sock.sendMessage(jidOf(CONTACT), { text: "sampai nanti" }))?.key.id ?? "";
    await until("the ack", () => client.seen.acks.some((ack) => ack.id === id));
    await leave(simulator.client, ACCOUNT, client);
    await simulator.client.advance(61_000);
    await until(
      "the reading",
      async () => (await simulator.client.sent(ACCOUNT))[0]?.messages.find((each) => each.id === id)?.readAt,
    );
    await reconnect();
    await until("both receipts", () => client.seen.statuses.get(id)?.includes(4));
    expect(receiptsOf(client, id).toSorted()).toEqual(["delivered", "read", "sender"]);
  });
});
