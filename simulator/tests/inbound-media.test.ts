import { randomBytes } from "node:crypto";
import type { WAMessage } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, link, receiptsOf, until } from "./baileys.ts";
import { downloaded, sha256Of, trusting } from "./media-client.ts";

const ACCOUNT = "+6281900000001";
const CONTACT = "+5571900000001";
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;

let simulator: SpawnedSimulator;
let client: BaileysClient;
beforeAll(async () => {
  simulator = await spawnSimulator();
  client = await link(simulator.client, ACCOUNT, await trusting(simulator.client));
});
afterAll(() => simulator.stop());

const arrival = (id: string): Promise<WAMessage> =>
  until(id, () => client.seen.messages.find(({ message }) => message.key.id === id && message.message)?.message);
const shownOn = (phone: string, id: string) =>
  until(`${id} on the phone of ${phone}`, async () =>
    (await simulator.client.phoneChats(phone)).flatMap(({ messages }) => messages).find((each) => each.id === id),
  );
const stanzaTypeOf = (id: string) => client.seen.stanzas.find((stanza) => stanza.id === id)?.type;

describe("media from a contact", () => {
  it("are one message with a caption, and the very bytes", async () => {
    const data = randomBytes(50_001);
    const media = { kind: "image", mimeType: "image/jpeg", data } as const;
    const { id } = await simulator.client.send(CONTACT, ACCOUNT, { text: "Bukti transfer", media });
    const message = await arrival(id);
    expect(message.message?.imageMessage).toMatchObject({ caption: "Bukti transfer", mimetype: "image/jpeg" });
    expect(data.equals(await downloaded(simulator.client, message))).toBe(true);
    expect(stanzaTypeOf(id)).toBe("media");
    const shown = { text: "Bukti transfer", media: { kind: "image", sha256: sha256Of(data).toString("hex") } };
    expect(await shownOn(CONTACT, id)).toMatchObject({ ...shown, fromMe: true });
    expect(await shownOn(ACCOUNT, id)).toMatchObject({ ...shown, fromMe: false });
  });

  it("may be a document with its name, a voice, a sticker or a video", async () => {
    const data = randomBytes(3000);
    const pdf = { kind: "document", mimeType: "application/pdf", fileName: "KTP.pdf", data } as const;
    const captioned = await arrival((await simulator.client.send(CONTACT, ACCOUNT, { text: "ini", media: pdf })).id);
    expect(captioned.message?.documentWithCaptionMessage?.message?.documentMessage?.fileName).toBe("KTP.pdf");
    expect(await downloaded(simulator.client, captioned)).toEqual(data);
    for (const [kind, mimeType] of [
      ["document", "text/plain"],
      ["audio", "audio/ogg; codecs=opus"],
      ["sticker", "image/webp"],
      ["video", "video/mp4"],
    ] as const) {
      const { id } = await simulator.client.send(CONTACT, ACCOUNT, { media: { kind, mimeType, data } });
      expect(await downloaded(simulator.client, await arrival(id))).toEqual(data);
    }
  });

  it("cannot be fetched while downloads fail on demand, nor by who does not trust the authority", async () => {
    const data = randomBytes(3000);
    const media = { kind: "image", mimeType: "image/png", data } as const;
    const message = await arrival((await simulator.client.send(CONTACT, ACCOUNT, { media })).id);
    await simulator.client.setFaults(ACCOUNT, { failDownloads: { status: 410, count: 1 } });
    await expect(downloaded(simulator.client, message)).rejects.toThrow("Failed to fetch");
    await expect(fetch(message.message?.imageMessage?.url ?? "")).rejects.toThrow("fetch failed");
    expect(await downloaded(simulator.client, message)).toEqual(data);
  });

  it("are refused with a sentence when they are none", async () => {
    const data = randomBytes(10);
    const voice = { kind: "audio", mimeType: "audio/ogg", data } as const;
    await expect(simulator.client.send(CONTACT, ACCOUNT, { text: "x", media: voice })).rejects.toThrow("no caption");
    await expect(simulator.client.send(CONTACT, ACCOUNT, {})).rejects.toThrow("write a text");
    const odd = { ...voice, mimeType: "audio\r\nx: y" };
    await expect(simulator.client.send(CONTACT, ACCOUNT, { media: odd })).rejects.toThrow("MIME type");
    const reply = { text: "x", quoted: "3EB0NONE" };
    await expect(simulator.client.send(CONTACT, ACCOUNT, reply)).rejects.toMatchObject({ status: 404 });
  });
});

describe("a reply", () => {
  it("from a contact names the client's message, its author and its text", async () => {
    const id = (await client.sock.sendMessage(jidOf(CONTACT), { text: "Jadi datang?" }))?.key.id ?? "";
    await shownOn(CONTACT, id);
    const reply = await simulator.client.send(CONTACT, ACCOUNT, { text: "Ya", quoted: id });
    const { text, contextInfo } = (await arrival(reply.id)).message?.extendedTextMessage ?? {};
    expect(text).toBe("Ya");
    expect(contextInfo).toMatchObject({ stanzaId: id, participant: jidOf(ACCOUNT) });
    expect(contextInfo?.quotedMessage).toMatchObject({ conversation: "Jadi datang?" });
    expect((await shownOn(ACCOUNT, reply.id)).quoted).toEqual({ id, text: "Jadi datang?" });
  });

  it("with a picture to a picture, and from the client, shows what it answers", async () => {
    const media = { kind: "image", mimeType: "image/png", data: randomBytes(100) } as const;
    const first = await simulator.client.send(CONTACT, ACCOUNT, { text: "foto", media });
    const second = await simulator.client.send(CONTACT, ACCOUNT, { text: "lagi", media, quoted: first.id });
    const context = (await arrival(second.id)).message?.imageMessage?.contextInfo;
    expect(context).toMatchObject({ stanzaId: first.id, participant: jidOf(CONTACT) });
    expect(context?.quotedMessage?.imageMessage?.caption).toBe("foto");
    const answer = { image: randomBytes(200), caption: "cantik" };
    const sent = await client.sock.sendMessage(jidOf(CONTACT), answer, { quoted: await arrival(first.id) });
    expect(await shownOn(CONTACT, sent?.key.id ?? "")).toMatchObject({
      text: "cantik",
      media: { kind: "image" },
      quoted: { id: first.id, text: "foto" },
    });
  });
});

describe("the account's own phone", () => {
  it("writes texts, replies and media that its linked devices show as their own", async () => {
    const data = randomBytes(2000);
    const media = { kind: "image", mimeType: "image/png", data } as const;
    const plain = await simulator.client.write(ACCOUNT, CONTACT, "dari HP");
    const picture = await simulator.client.send(ACCOUNT, CONTACT, { text: "dari galeri", media, quoted: plain.id });
    const message = await arrival(picture.id);
    expect(message.key).toMatchObject({ remoteJid: jidOf(CONTACT), fromMe: true });
    expect(message.message?.imageMessage).toMatchObject({
      caption: "dari galeri",
      contextInfo: { stanzaId: plain.id },
    });
    expect(await downloaded(simulator.client, message)).toEqual(data);
    expect(stanzaTypeOf(picture.id)).toBe("media");
    expect((await arrival(plain.id)).key.fromMe).toBe(true);
    expect(await shownOn(CONTACT, picture.id)).toMatchObject({ text: "dari galeri", quoted: { id: plain.id } });
    const { media: shown } = await shownOn(CONTACT, picture.id);
    expect(await simulator.client.media(CONTACT, shown?.sha256 ?? "")).toEqual(data);
  });
});

describe("a person who opens a chat", () => {
  const unread = async (contact: string, text: string) => {
    const id = (await client.sock.sendMessage(jidOf(contact), { text }))?.key.id ?? "";
    await until("the delivery", () => receiptsOf(client, id).includes("delivered"));
    return id;
  };

  it("reads everything in it at once: the ticks turn blue", async () => {
    await simulator.client.setDelays(ACCOUNT, { deliveredMs: 0, readMs: null });
    const contact = "+5571900000002";
    const ids = [await unread(contact, "satu"), await unread(contact, "dua")];
    expect(await simulator.client.read(contact, ACCOUNT)).toEqual({ read: 2 });
    for (const id of ids) await until("the blue ticks", () => receiptsOf(client, id).includes("read"));
    expect(await simulator.client.read(contact, ACCOUNT)).toEqual({ read: 0 });
    const messages = (await simulator.client.sent(ACCOUNT)).find(({ phone }) => phone === contact)?.messages;
    expect(messages?.every(({ readAt }) => readAt !== null)).toBe(true);
  });

  it("before the phone would have read by itself is seen once", async () => {
    await simulator.client.setDelays(ACCOUNT, { deliveredMs: 0, readMs: 3_600_000 });
    const contact = "+5571900000004";
    const id = await unread(contact, "sekarang");
    await simulator.client.read(contact, ACCOUNT);
    await until("the blue ticks", () => receiptsOf(client, id).includes("read"));
    await simulator.client.advance(3_600_000);
    await simulator.client.setDelays(ACCOUNT, { readMs: null });
    await unread(contact, "nanti");
    expect(receiptsOf(client, id).toSorted()).toEqual(["delivered", "read", "sender"]);
  });

  it("tells nobody when the phone sends no read receipts", async () => {
    const contact = "+5571900000003";
    await simulator.client.setPhone(contact, { readReceipts: false });
    const id = await unread(contact, "diam-diam");
    expect(await simulator.client.read(contact, ACCOUNT)).toEqual({ read: 1 });
    expect((await shownOn(contact, id)).status).toBe("read");
    const [other] = [await unread("+5571900000002", "tiga")];
    await simulator.client.read("+5571900000002", ACCOUNT);
    await until("another one's ticks", () => receiptsOf(client, other).includes("read"));
    expect(receiptsOf(client, id)).not.toContain("read");
    expect((await shownOn(ACCOUNT, id)).status).toBe("delivered");
  });

  it("is one of the phones that are listed, newest first", async () => {
    const numbers = (await simulator.client.phones()).map(({ phone }) => phone);
    expect(numbers.slice(0, 2)).toEqual(["+5571900000003", "+5571900000004"]);
  });
});
