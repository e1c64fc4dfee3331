import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GroupView, type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, leave, link, until } from "./baileys.ts";
import { trusting } from "./media-client.ts";

const ANI = "+6281500000001";
const BUDI = "+6281500000002";
const CICI = "+6281500000003";
const HIDDEN = "+6281500000004";
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;

let simulator: SpawnedSimulator;
let ani: BaileysClient;
let budi: BaileysClient;
let group: GroupView;

const members = () => [{ phone: BUDI }, { phone: CICI }, { phone: HIDDEN, hidden: true }];
const lidOf = (phone: string) => group.participants.find((each) => each.phone === phone)?.lid ?? "";

beforeAll(async () => {
  simulator = await spawnSimulator();
  ani = await link(simulator.client, ANI, await trusting(simulator.client));
  budi = await link(simulator.client, BUDI);
  await simulator.client.setDelays(ANI, { deliveredMs: 20, readMs: 60 });
  group = await simulator.client.createGroup({ subject: "Pelanggan", owner: ANI, participants: members() });
});
afterAll(() => simulator.stop());

const send = async (text: string, id = group.id) => (await ani.sock.sendMessage(id, { text }))?.key.id ?? "";
const sentTo = async (id: string, groupId = group.id) =>
  (await simulator.client.sent(ANI)).find((each) => each.phone === groupId)?.messages.find((each) => each.id === id);
const shownAt = async (phone: string, id: string, groupId = group.id) =>
  (await simulator.client.phoneChats(phone))
    .find((chat) => chat.with === groupId)
    ?.messages.find((each) => each.id === id);
const arrived = (client: BaileysClient, id: string) =>
  until(
    `the message ${id}`,
    () => client.seen.messages.find(({ message }) => message.key.id === id && message.message)?.message,
  );
const textOf = (message: Awaited<ReturnType<typeof arrived>>) =>
  message.message?.conversation ?? message.message?.extendedTextMessage?.text;
const ackOf = (id: string) => until(`the ack of ${id}`, () => ani.seen.acks.find((ack) => ack.id === id));
const receiptsFor = (id: string) =>
  ani.seen.receipts
    .filter((receipt) => receipt.id === id)
    .map(({ from, participant, type }) => `${participant} ${type ?? "delivered"} in ${from}`)
    .toSorted();

describe("a message of a linked device to a group", () => {
  it("is decrypted by every participant's phone and linked device, and each sends its own receipts", async () => {
    const second = await link(simulator.client, ANI);
    for (const text of ["Halo semua", "Sekali lagi, dengan kunci yang sama"]) {
      const id = await send(text);
      expect((await ackOf(id)).error).toBeUndefined();
      const sent = await until("everybody to read", async () => {
        const found = await sentTo(id);
        return found?.readAt ? found : undefined;
      });
      expect(sent).toMatchObject({ text, copies: 1, acked: true, undecryptable: false });
      expect(sent.participants.map(({ phone, undecryptable }) => [phone, undecryptable])).toEqual(
        [BUDI, CICI, HIDDEN].map((phone) => [phone, false]),
      );
      for (const phone of [BUDI, CICI, HIDDEN]) {
        expect(await shownAt(phone, id)).toMatchObject({ text, author: ANI, fromMe: false, copies: 1, status: "read" });
      }
      expect(await shownAt(ANI, id)).toMatchObject({ text, author: ANI, fromMe: true, copies: 1, status: "read" });
      const [toBudi, toSecond] = [await arrived(budi, id), await arrived(second, id)];
      expect(textOf(toBudi)).toBe(text);
      expect(toBudi.key).toMatchObject({ remoteJid: group.id, participant: lidOf(ANI), participantAlt: jidOf(ANI) });
      expect(textOf(toSecond)).toBe(text);
      expect(toSecond.key).toMatchObject({ remoteJid: group.id, fromMe: true });
      const expected = [BUDI, CICI, HIDDEN].flatMap((phone) =>
        ["delivered", "read"].map((type) => `${lidOf(phone)} ${type} in ${group.id}`),
      );
      await until("all receipts", () => receiptsFor(id).length >= expected.length);
      expect(receiptsFor(id)).toEqual(expected.toSorted());
    }
    await simulator.client.unlink(ANI, 2);
    expect(await until("the second to be unlinked", () => second.seen.closed)).toBe(401);
  });

  it("goes the same way in a group that names numbers", async () => {
    const people = [{ phone: BUDI }, { phone: CICI }];
    const { id: gid } = await simulator.client.createGroup({
      subject: "Nomor",
      owner: ANI,
      participants: people,
      addressing: "pn",
    });
    const id = await send("lewat nomor", gid);
    await until("both to read", async () => (await sentTo(id, gid))?.readAt);
    expect(await shownAt(CICI, id, gid)).toMatchObject({ text: "lewat nomor", author: ANI });
    expect((await arrived(budi, id)).key).toMatchObject({ participant: jidOf(ANI), participantAlt: lidOf(ANI) });
    await until("four receipts", () => receiptsFor(id).length >= 4);
    expect(receiptsFor(id)).toContain(`${jidOf(CICI)} read in ${gid}`);
  });

  it("may be a picture, an edit, a reaction or a deletion", async () => {
    const picture = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    );
    const content = { image: picture, caption: "Brosur", jpegThumbnail: "", width: 1, height: 1 };
    const sent = await ani.sock.sendMessage(group.id, content);
    if (!sent) throw new Error("nothing was sent");
    const shown = await until("the picture", () => shownAt(CICI, sent.key.id ?? ""));
    expect(shown).toMatchObject({ text: "Brosur", author: ANI, media: { kind: "image", bytes: picture.length } });
    await ani.sock.sendMessage(group.id, { react: { text: "👍", key: sent.key } });
    await until("the reaction", async () => (await shownAt(HIDDEN, sent.key.id ?? ""))?.reactions.length);
    const id = await send("salah tulis");
    await until("the text", () => shownAt(CICI, id));
    const key = { remoteJid: group.id, fromMe: true, id, participant: lidOf(ANI) };
    await ani.sock.sendMessage(group.id, { text: "betul", edit: key });
    await until("the edit", async () => (await shownAt(CICI, id))?.text === "betul");
    await ani.sock.sendMessage(group.id, { delete: key });
    await until("the deletion", async () => (await shownAt(CICI, id))?.revoked);
    expect(await shownAt(BUDI, id)).toMatchObject({ revoked: true, text: "" });
  });

  it("is asked for again by phones that have no sender key, and then shown once", async () => {
    const { id: gid } = await simulator.client.createGroup({
      subject: "Tanpa kunci",
      owner: ANI,
      participants: members(),
    });
    // The client believes that everybody has its key.
    const told = Object.fromEntries(
      [ANI, CICI, HIDDEN, BUDI].flatMap((phone) =>
        [0, 1].map((id) => [lidOf(phone).replace("@", id ? `:${id}@` : "@"), true]),
      ),
    );
    await ani.auth.keys.set({ "sender-key-memory": { [gid]: told } });
    const id = await send("siapa bisa baca?", gid);
    await until("everybody to read", async () => (await sentTo(id, gid))?.readAt);
    for (const phone of [CICI, HIDDEN])
      expect(await shownAt(phone, id, gid)).toMatchObject({ text: "siapa bisa baca?" });
    expect((await sentTo(id, gid))?.copies).toBeGreaterThan(1);
    expect(receiptsFor(id).some((receipt) => receipt.includes("retry"))).toBe(true);
    const texts = (await simulator.client.phoneChats(CICI)).find((chat) => chat.with === gid)?.messages;
    expect(texts).toHaveLength(1);
    expect(textOf(await arrived(budi, id))).toBe("siapa bisa baca?");
  });

  it("is asked for again by another account's device, and encrypted for that device alone", async () => {
    const { id: gid } = await simulator.client.createGroup({
      subject: "Dua akun",
      owner: ANI,
      participants: members(),
    });
    await arrived(budi, await send("pertama", gid));
    for (const device of ["", ":1"]) {
      const author = budi.sock.signalRepository.jidToSignalProtocolAddress(lidOf(ANI).replace("@", `${device}@`));
      const name = `${gid}::${author.replace(".", "::")}`;
      await budi.auth.keys.set({ "sender-key": { [name]: null } });
    }
    const id = await send("kedua", gid);
    expect(textOf(await arrived(budi, id))).toBe("kedua");
    expect(receiptsFor(id)).toContain(`${lidOf(BUDI).replace("@", ":1@")} retry in ${gid}`);
    expect((await sentTo(id, gid))?.copies).toBe(1);
    expect(textOf(await arrived(budi, await send("ketiga", gid)))).toBe("ketiga");
    expect(await shownAt(CICI, id, gid)).toMatchObject({ text: "kedua", copies: 1 });
  });

  it("waits for a phone that is off, and is never read by one that sends no read receipts", async () => {
    await simulator.client.setPhone(CICI, { online: false });
    await simulator.client.setPhone(HIDDEN, { readReceipts: false });
    const id = await send("besok saja");
    const at = async (phone: string) => (await sentTo(id))?.participants.find((each) => each.phone === phone);
    await until("the hidden one to have it", async () => (await at(HIDDEN))?.deliveredAt);
    expect((await at(CICI))?.deliveredAt).toBeNull();
    expect((await sentTo(id))?.deliveredAt).toBeNull();
    await simulator.client.setPhone(CICI, { online: true });
    await until("the phone that was off", async () => (await at(CICI))?.readAt);
    expect((await sentTo(id))?.deliveredAt).not.toBeNull();
    expect((await at(HIDDEN))?.readAt).toBeNull();
    expect((await sentTo(id))?.readAt).toBeNull();
    await simulator.client.setPhone(HIDDEN, { readReceipts: true });
  });

  it("is refused or goes without an answer as the account's faults say", async () => {
    await simulator.client.setFaults(ANI, { nack: { code: 479, count: 1 } });
    const refused = await send("ditolak");
    expect((await ackOf(refused)).error).toBe("479");
    expect(await shownAt(CICI, refused)).toBeUndefined();
    await simulator.client.setFaults(ANI, { loseAcks: { count: 1 } });
    const silent = await send("tanpa ack");
    await until("the reading", async () => (await sentTo(silent))?.readAt);
    expect(await sentTo(silent)).toMatchObject({ acked: false });
    await simulator.client.setFaults(ANI, { loseReceipts: { count: 6 } });
    const unseen = await send("tanpa centang");
    await until("the reading", async () => (await sentTo(unseen))?.readAt);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(receiptsFor(unseen)).toEqual([]);
    await simulator.client.clearFaults(ANI);
  });

  it("is refused from who is not in the group", async () => {
    const other = await simulator.client.createGroup({ subject: "Orang lain", owner: CICI, participants: [] });
    await expect(send("boleh masuk?", other.id)).rejects.toThrow("forbidden");
    await expect(send("ada grup?", "120363000000000001@g.us")).rejects.toThrow("item-not-found");
    const stale = await ani.sock.groupMetadata(group.id);
    const cached = await link(simulator.client, ANI, { cachedGroupMetadata: async () => stale });
    const id = (await cached.sock.sendMessage(other.id, { text: "dari ingatan" }))?.key.id ?? "";
    const ack = await until("the refusal", () => cached.seen.acks.find((each) => each.id === id));
    expect(ack.error).toBe("403");
    await cached.sock.end(undefined);
    await leave(simulator.client, BUDI, budi);
  });
});
