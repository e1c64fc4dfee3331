import { randomBytes } from "node:crypto";
import { type AnyMessageContent, prepareWAMessageMedia, type proto } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, link, until } from "./baileys.ts";
import { ask, sha256Of, trusting } from "./media-client.ts";

const ACCOUNT = "+6281800000001";
const CONTACT = "+5561900000001";
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;

let simulator: SpawnedSimulator;
let client: BaileysClient;
beforeAll(async () => {
  simulator = await spawnSimulator();
  client = await link(simulator.client, ACCOUNT, await trusting(simulator.client));
  await simulator.client.setDelays(ACCOUNT, { deliveredMs: 20, readMs: 60 });
});
afterAll(() => simulator.stop());

const shownOn = (phone: string, id: string) =>
  until(`${id} on the phone of ${phone}`, async () =>
    (await simulator.client.phoneChats(phone)).flatMap(({ messages }) => messages).find((each) => each.id === id),
  );
const send = async (content: AnyMessageContent, to = CONTACT) =>
  (await client.sock.sendMessage(jidOf(to), content))?.key.id ?? "";
const relay = async (message: proto.IMessage) => client.sock.relayMessage(jidOf(CONTACT), message, {});

/** Media that goes up, arrives on the contact's and on the own phone, and is the very bytes. */
const arrives = async (content: AnyMessageContent, bytes: Buffer) => {
  const id = await send(content);
  const shown = await shownOn(CONTACT, id);
  // Not toEqual: it would compare 16 MB one by one.
  expect(bytes.equals(await simulator.client.media(CONTACT, shown.media?.sha256 ?? ""))).toBe(true);
  expect((await shownOn(ACCOUNT, id)).media).toEqual(shown.media);
  return shown;
};

describe("media from a client", () => {
  it("with a caption is one message, and the contact's phone has the very bytes", async () => {
    const image = randomBytes(70_001);
    const shown = await arrives({ image, caption: "Selamat pagi", mimetype: "image/png" }, image);
    const sha256 = sha256Of(image).toString("hex");
    const media = { kind: "image", mimeType: "image/png", fileName: null, bytes: 70_001, sha256 };
    expect(shown).toMatchObject({ text: "Selamat pagi", media, copies: 1, fromMe: false });
    const sent = (await simulator.client.sent(ACCOUNT)).find(({ phone }) => phone === CONTACT);
    expect(sent?.messages).toMatchObject([{ text: "Selamat pagi", copies: 1, undecryptable: false }]);
    expect((await simulator.client.phoneChats(CONTACT))[0]?.messages).toHaveLength(1);
    await until("the blue ticks", () => client.seen.statuses.get(shown.id)?.includes(4));
  });

  it("may be a document, video, voice, sticker, or something to see once", async () => {
    const bytes = randomBytes(5000);
    const document = { document: bytes, fileName: "Harga Juli.pdf", mimetype: "application/pdf", caption: "Daftar" };
    expect(await arrives(document, bytes)).toMatchObject({
      text: "Daftar",
      media: { kind: "document", fileName: "Harga Juli.pdf", mimeType: "application/pdf" },
    });
    expect((await arrives({ video: bytes }, bytes)).media).toMatchObject({ kind: "video", mimeType: "video/mp4" });
    expect((await arrives({ audio: bytes, ptt: true }, bytes)).media?.kind).toBe("audio");
    expect((await arrives({ sticker: bytes }, bytes)).media).toMatchObject({ kind: "sticker", mimeType: "image/webp" });
    expect(await arrives({ image: bytes, viewOnce: true }, bytes)).toMatchObject({
      text: "",
      media: { kind: "image" },
    });
  });

  it("may be 16 MB", async () => {
    const bytes = randomBytes(16 * 1024 * 1024);
    const shown = await arrives({ document: bytes, mimetype: "application/zip", fileName: "besar.zip" }, bytes);
    expect(shown.media?.bytes).toBe(bytes.length);
  });

  it("is seen only by who has it in a chat", async () => {
    const image = randomBytes(100);
    const { media } = await arrives({ image }, image);
    await expect(simulator.client.media("+5561900000009", media?.sha256 ?? "")).rejects.toThrow("shows no such");
  });
});

describe("what goes wrong", () => {
  it("a client that does not trust the authority cannot upload, and nothing is sent", async () => {
    const other = "+6281800000002";
    const mistrusting = await link(simulator.client, other);
    const upload = mistrusting.sock.sendMessage(jidOf(CONTACT), { image: randomBytes(100) });
    await expect(upload).rejects.toThrow("Media upload failed");
    expect(await simulator.client.sent(other)).toEqual([]);
    await simulator.client.unlink(other);
  });

  it("an upload that fails on demand sends nothing; the next one works", async () => {
    await simulator.client.setFaults(ACCOUNT, { failUploads: { status: 503, count: 1 } });
    const before = await simulator.client.sent(ACCOUNT);
    await expect(send({ image: randomBytes(100) })).rejects.toThrow("Media upload failed");
    expect(await simulator.client.sent(ACCOUNT)).toEqual(before);
    const struck = (await simulator.client.journal()).filter(
      ({ what, account }) => what === "fault" && account === ACCOUNT,
    );
    expect(struck).toHaveLength(1);
    const bytes = randomBytes(100);
    await arrives({ image: bytes }, bytes);
  });

  it("media that are not what the message says show as broken, and the journal says why", async () => {
    const upload = { upload: client.sock.waUploadToServer };
    const { imageMessage } = await prepareWAMessageMedia({ image: randomBytes(3000) }, upload);
    const good = { ...imageMessage, caption: "lihat" };
    const sealed = (await ask(simulator.client, "GET", good.directPath ?? "")).body;
    const forged = Buffer.from(sealed);
    forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1);
    const token = sha256Of(forged).toString("base64url");
    const { auth } = await client.sock.refreshMediaConn(false);
    const up = await ask(simulator.client, "POST", `/mms/image/${token}?auth=${encodeURIComponent(auth)}`, {
      body: forged,
    });
    const forgery = { directPath: String(JSON.parse(up.body.toString()).direct_path), fileEncSha256: sha256Of(forged) };
    const broken = [
      [{ directPath: "/v/image/none.enc" }, "no such upload"],
      [{ fileEncSha256: randomBytes(32) }, "fileEncSha256"],
      [forgery, "MAC"],
      [{ mediaKey: randomBytes(32) }, "MAC"],
      [{ fileSha256: randomBytes(32) }, "fileSha256"],
    ] as const;
    for (const [part, why] of broken) {
      const id = (await relay({ imageMessage: { ...good, ...part } })) ?? "";
      expect(await shownOn(CONTACT, id)).toMatchObject({ text: "[broken image] lihat", media: null });
      const said = (await simulator.client.journal()).findLast(
        ({ what, text }) => what === "undecryptable" && text.includes(id),
      );
      expect(said?.text).toContain(why);
    }
  });
});

describe("the media server", () => {
  const upload = (body: Buffer, { auth = "", token = sha256Of(body).toString("base64url"), folder = "image" }) =>
    ask(simulator.client, "POST", `/mms/${folder}/${token}?auth=${encodeURIComponent(auth)}&token=${token}`, { body });

  it("takes only what media_conn allows and the path announces", async () => {
    const { auth, hosts } = await client.sock.refreshMediaConn(true);
    expect(`https://${hosts[0]?.hostname}`).toBe((await simulator.client.trust()).mediaUrl);
    const body = randomBytes(1000);
    const taken = await upload(body, { auth });
    expect(taken.status).toBe(200);
    expect((await upload(body, {})).status).toBe(401);
    expect((await upload(body, { auth: auth.replace("6281800000001", "6281800000002") })).status).toBe(401);
    const other = { auth, token: sha256Of(randomBytes(5)).toString("base64url") };
    expect((await upload(body, other)).status).toBe(400);
    expect((await ask(simulator.client, "GET", `/v/image/${other.token}.enc`)).status).toBe(404);
    expect((await upload(body, { auth, token: "short" })).status).toBe(400);
    expect((await upload(body, { auth, folder: "elsewhere" })).status).toBe(400);
    const headers = { "content-length": String(64 * 1024 * 1024 + 1) };
    expect((await ask(simulator.client, "POST", `/mms/image/x?auth=${auth}`, { headers })).status).toBe(413);
  });

  it("serves the whole or a part", async () => {
    const { auth } = await client.sock.refreshMediaConn(true);
    const body = randomBytes(1000);
    const path = String(JSON.parse((await upload(body, { auth })).body.toString()).direct_path);
    const part = (range: string) => ask(simulator.client, "GET", path, { headers: { range } });
    expect(await ask(simulator.client, "GET", path)).toMatchObject({ status: 200, body });
    expect(await part("bytes=16-31")).toMatchObject({
      status: 206,
      body: body.subarray(16, 32),
      headers: { "content-range": "bytes 16-31/1000" },
    });
    expect((await part("bytes=900-")).body).toEqual(body.subarray(900));
    expect((await part("bytes=-100")).body).toEqual(body.subarray(900));
    expect((await part("bytes=1000-")).status).toBe(416);
  });

  it("forgets uploads after 30 days, and the pictures on phones never", async () => {
    const image = randomBytes(100);
    const { media } = await arrives({ image }, image);
    const { auth } = await client.sock.refreshMediaConn(true);
    const path = String(JSON.parse((await upload(randomBytes(100), { auth })).body.toString()).direct_path);
    await simulator.client.advance(31 * 86_400_000);
    expect((await ask(simulator.client, "GET", path)).status).toBe(404);
    expect(await simulator.client.media(CONTACT, media?.sha256 ?? "")).toEqual(image);
  });
});

describe("a client that changes its mind", () => {
  it("edits, reacts, takes a reaction back, and deletes", async () => {
    const id = await send({ text: "Besok jam 8" });
    await shownOn(CONTACT, id);
    const key = { remoteJid: jidOf(CONTACT), fromMe: true, id };
    await send({ text: "Besok jam 9", edit: key });
    const showing = (what: object) =>
      until(JSON.stringify(what), async () => {
        const [there, here] = await Promise.all([shownOn(CONTACT, id), shownOn(ACCOUNT, id)]);
        const both = [there, here].map(({ text, edited, revoked, reactions }) => ({
          text,
          edited,
          revoked,
          reactions,
        }));
        return both.every((each) => JSON.stringify({ ...each, ...what }) === JSON.stringify(each));
      });
    await showing({ text: "Besok jam 9", edited: true });
    await send({ react: { text: "👍", key } });
    await showing({ reactions: [{ by: ACCOUNT, emoji: "👍" }] });
    await send({ react: { text: "", key } });
    await showing({ reactions: [] });
    await send({ delete: key });
    await showing({ text: "", edited: true, revoked: true });
  });

  it("cannot change what somebody else wrote", async () => {
    const { id } = await simulator.client.write(CONTACT, ACCOUNT, "punya saya");
    await send({ text: "bukan", edit: { remoteJid: jidOf(CONTACT), fromMe: false, id } });
    await until("the refusal", async () => (await simulator.client.journal()).find(({ text }) => text.includes(id)));
    expect((await shownOn(CONTACT, id)).text).toBe("punya saya");
  });
});
