import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, connect, leave, link, ready, receiptsOf, until } from "./baileys.ts";

const ACCOUNT = "+6281300000001";
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;

let simulator: SpawnedSimulator;
let client: BaileysClient;

beforeAll(async () => {
  simulator = await spawnSimulator();
  client = await link(simulator.client, ACCOUNT);
  await simulator.client.setDelays(ACCOUNT, { deliveredMs: 20, readMs: 60 });
});
afterAll(() => simulator.stop());

const sentTo = async (phone: string) => {
  const all = await simulator.client.sent(ACCOUNT);
  return all.find((each) => each.phone === phone)?.messages ?? [];
};
const send = (phone: string, text: string, messageId?: string) =>
  client.sock.sendMessage(jidOf(phone), { text }, messageId ? { messageId } : {});
const ackOf = (id: string) => until(`the ack of ${id}`, () => client.seen.acks.find((ack) => ack.id === id));
const readOf = (phone: string, id: string) =>
  until(`${phone} to read ${id}`, async () => (await sentTo(phone)).find((each) => each.id === id && each.readAt));

/** Overwrites the client's chain keys with that contact: what it writes next is unreadable. */
const damageSession = async (phone: string) => {
  const repository = client.sock.signalRepository;
  const lid = await repository.lidMapping.getLIDForPN(jidOf(phone));
  const address = repository.jidToSignalProtocolAddress(lid ?? "");
  const kept = JSON.stringify((await client.auth.keys.get("session", [address]))[address]);
  const damaged = kept.replaceAll(/"key":"[^"]+"/g, `"key":"${Buffer.alloc(32, 7).toString("base64")}"`);
  expect(damaged).not.toBe(kept);
  await client.auth.keys.set({ session: { [address]: JSON.parse(damaged) } });
};

describe("a message to a contact", () => {
  it("is acked, decrypted by each of three contacts, delivered and read", async () => {
    for (const [index, phone] of ["+5511900000001", "+4915100000002", "+6281100000003"].entries()) {
      const id = `3EB0000000000000000${index}`;
      await send(phone, `Halo nomor ${index}`, id);
      expect((await ackOf(id)).error).toBeUndefined();
      const sent = await readOf(phone, id);
      expect(sent).toMatchObject({ text: `Halo nomor ${index}`, copies: 1, acked: true, undecryptable: false });
      await until("both statuses", () => client.seen.statuses.get(id)?.includes(4));
      expect(receiptsOf(client, id).toSorted()).toEqual(["delivered", "read", "sender"]);
      const [chat] = await simulator.client.phoneChats(phone);
      expect(chat).toMatchObject({ with: ACCOUNT, name: "Ani" });
      expect(chat?.messages).toMatchObject([
        { id, fromMe: false, text: `Halo nomor ${index}`, copies: 1, status: "read" },
      ]);
    }
    const own = await simulator.client.chats(ACCOUNT);
    expect(own.map((chat) => [chat.with, chat.messages[0]?.text, chat.messages[0]?.status])).toEqual([
      ["+5511900000001", "Halo nomor 0", "read"],
      ["+4915100000002", "Halo nomor 1", "read"],
      ["+6281100000003", "Halo nomor 2", "read"],
    ]);
  });

  it("is shown once when its id is sent again, with the copies counted", async () => {
    const phone = "+5511900000004";
    const id = "3EB0AAAAAAAAAAAAAAAA";
    await send(phone, "sekali saja", id);
    await readOf(phone, id);
    await send(phone, "sekali saja", id);
    await until("both copies", async () => (await sentTo(phone))[0]?.copies === 2);
    const shown = await until("the phone to count", async () => {
      const messages = (await simulator.client.phoneChats(phone))[0]?.messages ?? [];
      return messages[0]?.copies === 2 && messages;
    });
    expect(shown).toHaveLength(1);
  });

  it("reaches a contact by its hidden identity too, with receipts from there", async () => {
    const phone = "+5511900000005";
    const lid = (await simulator.client.setPhone(phone, { name: "Budi" })).lid;
    const sent = await client.sock.sendMessage(lid, { text: "lewat LID" });
    const id = sent?.key.id ?? "";
    expect((await readOf(phone, id)).text).toBe("lewat LID");
    await until("the read receipt", () => client.seen.statuses.get(id)?.includes(4));
  });

  it("is refused with 404 when the number is not on WhatsApp", async () => {
    const phone = "+5511900000006";
    await simulator.client.setPhone(phone, { onWhatsApp: false });
    const there = await client.sock.onWhatsApp(jidOf(phone), jidOf("+5511900000007"));
    expect(there?.filter(({ exists }) => exists).map(({ jid }) => jid)).toEqual([jidOf("+5511900000007")]);
    const sent = await send(phone, "ada orang?");
    expect((await ackOf(sent?.key.id ?? "")).error).toBe("404");
    expect(await simulator.client.phoneChats(phone)).toEqual([]);
  });

  it("is never read by a phone that sends no read receipts", async () => {
    const phone = "+5511900000008";
    await simulator.client.setPhone(phone, { readReceipts: false });
    const id = (await send(phone, "diam"))?.key.id ?? "";
    await until("the delivery", async () => (await sentTo(phone))[0]?.deliveredAt);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await sentTo(phone))[0]?.readAt).toBeNull();
    expect(client.seen.statuses.get(id)).not.toContain(4);
  });

  it("is asked for again when it cannot be read, and then shown", async () => {
    const phone = "+5511900000009";
    await readOf(phone, (await send(phone, "pertama"))?.key.id ?? "");
    // The contact answers, so that both sides leave the first session message; then the client's session is damaged.
    await simulator.client.write(phone, ACCOUNT, "ya?");
    await until("the answer", () =>
      client.seen.messages.some(({ message }) => message.message?.conversation === "ya?"),
    );
    await damageSession(phone);
    const id = (await send(phone, "kedua"))?.key.id ?? "";
    expect(await readOf(phone, id)).toMatchObject({ text: "kedua", copies: 2, undecryptable: false });
    const shown = (await simulator.client.phoneChats(phone))[0]?.messages.map(({ text }) => text);
    expect(shown).toEqual(["pertama", "ya?", "kedua"]);
  });
});

describe("a second account", () => {
  it("gets messages on its own linked device, and its reading shows on the first", async () => {
    const other = "+6281300000002";
    await simulator.client.setPhone(other, { readReceipts: false });
    const peer = await link(simulator.client, other);
    const id = (await send(other, "antar akun"))?.key.id ?? "";
    const arrived = await until("the message", () => peer.seen.messages.find(({ message }) => message.key.id === id));
    expect(arrived.message.message?.extendedTextMessage?.text ?? arrived.message.message?.conversation).toBe(
      "antar akun",
    );
    await peer.sock.readMessages([arrived.message.key]);
    await readOf(other, id);
    await leave(simulator.client, other, peer);
  });
});

describe("two devices of one account", () => {
  it("both see what either writes, and share their settings", async () => {
    const second = await link(simulator.client, ACCOUNT);
    const id = (await send("+5511900000010", "dari perangkat pertama"))?.key.id ?? "";
    const copy = await until("the copy", () => second.seen.messages.find(({ message }) => message.key.id === id));
    expect(copy.message.key).toMatchObject({ fromMe: true, remoteJid: jidOf("+5511900000010") });
    expect((await readOf("+5511900000010", id)).copies).toBe(1);
    await client.sock.updateProfileName("Ani Baru");
    await until("the new name on the second", () => second.auth.creds.me?.name === "Ani Baru");
    await simulator.client.unlink(ACCOUNT, 2);
    expect(await until("the second to be unlinked", () => second.seen.closed)).toBe(401);
    expect(client.seen.closed).toBeUndefined();
  });
});

describe("unknown questions", () => {
  it("get an error by name", async () => {
    await expect(client.sock.getBusinessProfile(jidOf("+5511900000001"))).rejects.toThrow("feature-not-implemented");
    await expect(client.sock.profilePictureUrl(jidOf("+5511900000001"))).rejects.toThrow("item-not-found");
  });
});

describe("a restarted client", () => {
  it("keeps writing on the saved sessions", async () => {
    await leave(simulator.client, ACCOUNT, client);
    client = await ready(connect(simulator.client, client.auth));
    const id = (await send("+5511900000001", "masih di sini"))?.key.id ?? "";
    expect(await readOf("+5511900000001", id)).toMatchObject({ text: "masih di sini", copies: 1 });
  });
});

it("to one's own number shows once, in the chat with oneself, and is told by the own phone's receipt alone", async () => {
  const id = "3EB0000000000000000E";
  await send(ACCOUNT, "Remember the milk", id);
  expect((await ackOf(id)).error).toBeUndefined();
  await until("the own phone's receipt", () => receiptsOf(client, id).includes("sender"));
  expect(new Set(receiptsOf(client, id))).toEqual(new Set(["sender"]));
  const chat = (await simulator.client.phoneChats(ACCOUNT)).find((each) => each.with === ACCOUNT);
  // Baileys names its own phone twice among those a message to itself is encrypted for; under one id it shows once.
  expect(chat?.messages).toMatchObject([{ id, fromMe: true, text: "Remember the milk" }]);
  expect(await sentTo(ACCOUNT)).toMatchObject([{ id, text: "Remember the milk", acked: true, undecryptable: false }]);
  expect((await sentTo(ACCOUNT))[0]?.deliveredAt).not.toBeNull();
});
