import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BinaryNode, getBinaryNodeChildren } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GroupView, type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, connect, leave, link, ready, textsOf, until } from "./baileys.ts";

const ANI = "+6281600000001";
const BUDI = "+6281600000002";
const CICI = "+6281600000003";
const HIDDEN = "+6281600000004";
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;

const folder = mkdtempSync(join(tmpdir(), "simulator-groups-"));
let simulator: SpawnedSimulator;
let ani: BaileysClient;
let group: GroupView;

beforeAll(async () => {
  simulator = await spawnSimulator({ state: join(folder, "state.json") });
  ani = await link(simulator.client, ANI);
  await simulator.client.setPhone(CICI, { name: "Cici" });
  const participants = [{ phone: BUDI }, { phone: CICI }, { phone: HIDDEN, hidden: true }];
  group = await simulator.client.createGroup({ subject: "Pelanggan", owner: ANI, participants });
});
afterAll(async () => {
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

const lidOf = (phone: string) => group.participants.find((each) => each.phone === phone)?.lid ?? "";
const arrived = (client: BaileysClient, id: string) =>
  until(
    `the message ${id}`,
    () => client.seen.messages.find(({ message }) => message.key.id === id && message.message?.conversation)?.message,
  );
const statusAt = async (phone: string, id: string) =>
  (await simulator.client.phoneChats(phone))[0]?.messages.find((each) => each.id === id)?.status;
const write = async (from: string, text: string, to = group.id) => (await simulator.client.write(from, to, text)).id;
/** How often the client asked for a message again. */
const triesOf = (client: BaileysClient, id: string) => client.seen.stanzas.filter((stanza) => stanza.id === id).length;

describe("a message from a participant", () => {
  it("arrives with the number of who wrote it, and the next one on the same sender key", async () => {
    for (const text of ["halo", "lagi", "dan lagi"]) {
      const id = await write(CICI, text);
      const message = await arrived(ani, id);
      expect(message).toMatchObject({ pushName: "Cici", message: { conversation: text } });
      expect(message.key).toMatchObject({
        remoteJid: group.id,
        fromMe: false,
        participant: lidOf(CICI),
        participantAlt: jidOf(CICI),
      });
      expect(triesOf(ani, id)).toBe(1);
      const [chat] = await simulator.client.phoneChats(HIDDEN);
      expect(chat).toMatchObject({ with: group.id, name: "Pelanggan" });
      expect(chat?.messages.at(-1)).toMatchObject({ id, author: CICI, text, fromMe: false });
    }
  });

  it("arrives without a number when that is hidden, and can be answered", async () => {
    const id = await write(HIDDEN, "siapa saya?");
    const message = await arrived(ani, id);
    expect(message.key).toMatchObject({ participant: lidOf(HIDDEN), fromMe: false });
    expect(message.key.participantAlt).toBeFalsy();
    await ani.sock.sendMessage(group.id, { text: "tidak tahu" }, { quoted: message });
    const answer = await until("the answer", async () =>
      (await simulator.client.phoneChats(HIDDEN))[0]?.messages.find(({ text }) => text === "tidak tahu"),
    );
    expect(answer).toMatchObject({ author: ANI, quoted: { id, text: "siapa saya?" } });
  });

  it("may be a picture that replies to another message", async () => {
    const quoted = await write(BUDI, "mana brosurnya?");
    await arrived(ani, quoted);
    const media = { kind: "image", mimeType: "image/png", data: Buffer.from("not really a picture") } as const;
    const { id } = await simulator.client.send(CICI, group.id, { text: "ini", media, quoted });
    const { message } = await until("the picture", () => ani.seen.messages.find((each) => each.message.key.id === id));
    expect(message.message?.imageMessage).toMatchObject({
      caption: "ini",
      contextInfo: { stanzaId: quoted, participant: lidOf(BUDI) },
    });
    expect((await simulator.client.phoneChats(HIDDEN))[0]?.messages.at(-1)).toMatchObject({
      author: CICI,
      media: { kind: "image", mimeType: "image/png" },
      quoted: { id: quoted, text: "mana brosurnya?" },
    });
  });

  it("arrives as one's own when it was written on the account's phone", async () => {
    const id = await write(ANI, "dari ponsel saya");
    expect((await arrived(ani, id)).key).toMatchObject({ remoteJid: group.id, fromMe: true });
    expect((await simulator.client.phoneChats(BUDI))[0]?.messages.at(-1)).toMatchObject({ id, author: ANI });
  });

  it("waits while the account is away, and comes in the backlog in order", async () => {
    await leave(simulator.client, ANI, ani);
    await write(BUDI, "satu");
    await write(CICI, "dua");
    await write(BUDI, "tiga");
    ani = await ready(connect(simulator.client, ani.auth));
    await until("all three", () => textsOf(ani).length === 3);
    expect(textsOf(ani).map(({ text, type }) => `${text} ${type}`)).toEqual([
      "satu append",
      "dua append",
      "tiga append",
    ]);
  });

  it("is seen as read by who wrote it once everybody has read it", async () => {
    const id = await write(CICI, "sudah baca?");
    const { key } = await arrived(ani, id);
    await ani.sock.readMessages([key]);
    await until("the reading", async () => (await statusAt(ANI, id)) === "read");
    expect(await statusAt(CICI, id)).toBe("delivered");
    await simulator.client.read(BUDI, group.id);
    await simulator.client.read(HIDDEN, group.id);
    expect(await statusAt(CICI, id)).toBe("read");
  });

  it("comes again with a new sender key when the client lost the old one", async () => {
    await arrived(ani, await write(CICI, "sebelum hilang"));
    const [user = ""] = lidOf(CICI).split("@");
    await ani.auth.keys.set({ "sender-key": { [`${group.id}::${user}_1::0`]: null } });
    const id = await write(CICI, "setelah hilang");
    expect((await arrived(ani, id)).message?.conversation).toBe("setelah hilang");
    expect(triesOf(ani, id)).toBe(2);
    const next = await write(CICI, "berikutnya");
    expect((await arrived(ani, next)).message?.conversation).toBe("berikutnya");
    expect(triesOf(ani, next)).toBe(1);
  });

  it("is refused from who is not in the group, and for a group that is not there", async () => {
    const outside = simulator.client.write("+6281600000009", group.id, "boleh masuk?");
    await expect(outside).rejects.toMatchObject({ status: 403 });
    await expect(outside).rejects.toThrow("+6281600000009 is not in Pelanggan");
    await expect(write(CICI, "halo?", "120363000000000001@g.us")).rejects.toMatchObject({ status: 404 });
  });
});

describe("a restarted simulator", () => {
  it("still has the sender keys of both sides", async () => {
    const sent = await ani.sock.sendMessage(group.id, { text: "sebelum mati" });
    await until("the reading", async () =>
      (await simulator.client.phoneChats(CICI))[0]?.messages.some((each) => each.id === sent?.key.id),
    );
    await leave(simulator.client, ANI, ani);
    await simulator.stop();
    simulator = await spawnSimulator({ state: join(folder, "state.json") });
    ani = await ready(connect(simulator.client, ani.auth));
    const kinds: string[] = [];
    ani.sock.ws.on("CB:message", (stanza: BinaryNode) => {
      kinds.push(...getBinaryNodeChildren(stanza, "enc").map(({ attrs }) => attrs.type ?? ""));
    });
    const id = await write(CICI, "sesudah hidup");
    expect((await arrived(ani, id)).message?.conversation).toBe("sesudah hidup");
    expect(triesOf(ani, id)).toBe(1);
    // No key of Cici's has to be told anew.
    expect(kinds).toEqual(["skmsg"]);
    const again = (await ani.sock.sendMessage(group.id, { text: "masih satu kunci" }))?.key.id ?? "";
    await until("the other side to read", async () =>
      (await simulator.client.phoneChats(CICI))[0]?.messages.some((each) => each.text === "masih satu kunci"),
    );
    const record = (await simulator.client.sent(ANI)).find((each) => each.phone === group.id);
    expect(record?.messages.find((each) => each.id === again)?.copies).toBe(1);
  });
});
