import type { WAMessage } from "@whiskeysockets/baileys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { type BaileysClient, link, receiptsOf, until } from "./baileys.ts";
import { business, idOf, type TestBusiness } from "./graph.ts";
import { downloaded, trusting } from "./media-client.ts";

const BUSINESS = "+6281810000001";
const JID = "6281810000001@s.whatsapp.net";
const ACCOUNT = "+6281810000002";
const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

let simulator: SpawnedSimulator;
let shop: TestBusiness;
let client: BaileysClient;

beforeAll(async () => {
  simulator = await spawnSimulator();
  shop = await business(simulator, { phone: BUSINESS, displayName: "Toko Ani" });
  await simulator.client.setBusinessNumber(shop.own.phoneNumberId, { delays: { readMs: null } });
  client = await link(simulator.client, ACCOUNT, await trusting(simulator.client));
});
afterAll(async () => {
  shop.receiver.close();
  await simulator.stop();
});

const arrival = (id: string): Promise<WAMessage> =>
  until(id, () => client.seen.messages.find(({ message }) => message.key.id === id && message.message)?.message);
/** Sends from the linked device; returns its own id of the message. */
const write = async (content: Parameters<BaileysClient["sock"]["sendMessage"]>[1], quoted?: WAMessage) =>
  (await client.sock.sendMessage(JID, content, quoted && { quoted }))?.key.id ?? "";
const heard = (what: string, fits: (message: Record<string, unknown>) => boolean) =>
  until(what, () => shop.receiver.messages().find(fits));
const heardText = (body: string) => heard(body, ({ text }) => JSON.stringify(text) === JSON.stringify({ body }));

describe("what a linked device writes to a business", () => {
  it("reaches the webhook and opens the window; the device learns when the business reads it", async () => {
    expect((await shop.text(ACCOUNT, "terlalu dini")).status).toBe(200);
    const id = await write({ text: "ada stok?" });
    const message = await heardText("ada stok?");
    expect(message).toMatchObject({ from: ACCOUNT.slice(1), type: "text" });
    expect(message.id).toMatch(/^wamid\./);
    await shop.status(idOf(await shop.text(ACCOUNT, "ada")), "delivered");
    await until("delivered", () => receiptsOf(client, id).includes("delivered"));
    // A phone would have read it by itself after 1.2 s.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(receiptsOf(client, id)).not.toContain("read");
    expect((await shop.post({ status: "read", message_id: message.id })).body).toEqual({ success: true });
    await until("read", () => receiptsOf(client, id).includes("read"));
    expect(shop.receiver.messages().filter((each) => each.id === message.id)).toHaveLength(1);
  });

  it("may be a picture, a reply and a reaction", async () => {
    await write({ image: PNG, caption: "ini", mimetype: "image/png", jpegThumbnail: "" });
    const picture = await heard("the picture", ({ type }) => type === "image");
    expect(picture.image).toMatchObject({ caption: "ini", mime_type: "image/png" });
    const asked = idOf(await shop.text(ACCOUNT, "berapa?"));
    const question = await arrival(asked);
    await write({ text: "dua" }, question);
    expect(await heardText("dua")).toMatchObject({ context: { from: BUSINESS.slice(1), id: asked } });
    await write({ react: { text: "👍", key: question.key } });
    const reaction = await heard("the reaction", ({ type }) => type === "reaction");
    expect(reaction).toMatchObject({ reaction: { message_id: asked, emoji: "👍" } });
  });
});

describe("what a business writes to a number with linked devices", () => {
  it("arrives there encrypted, and its reading there is told to the business", async () => {
    await simulator.client.write(ACCOUNT, BUSINESS, "halo");
    const id = idOf(await shop.text(ACCOUNT, "Selamat pagi ☀"));
    const message = await arrival(id);
    expect(message).toMatchObject({ pushName: "Toko Ani", message: { conversation: "Selamat pagi ☀" } });
    expect(message.key.fromMe).toBe(false);
    expect(shop.receiver.statuses(id).some(({ status }) => status === "read")).toBe(false);
    await client.sock.readMessages([message.key]);
    await shop.status(id, "read");
  });

  it("may be a reply, a template, a picture or a reaction", async () => {
    const question = await write({ text: "buka jam berapa?" });
    const { id: asked } = await heardText("buka jam berapa?");
    const reply = await arrival(idOf(await shop.text(ACCOUNT, "jam 8", { context: { message_id: asked } })));
    expect(reply.message?.extendedTextMessage).toMatchObject({ text: "jam 8", contextInfo: { stanzaId: question } });
    await shop.post({ to: ACCOUNT, type: "reaction", reaction: { message_id: asked, emoji: "🙏" } });
    const reactions = () => client.seen.messages.flatMap(({ message }) => message.message?.reactionMessage ?? []);
    await until("the reaction", () => reactions().some(({ text, key }) => text === "🙏" && key?.id === question));

    await shop.approved({ name: "promo", components: [{ type: "BODY", text: "Diskon hari ini" }] });
    const template = await arrival(idOf(await shop.template(ACCOUNT, "promo")));
    expect(template.message?.conversation).toBe("Diskon hari ini");

    const form = new FormData();
    form.set("messaging_product", "whatsapp");
    form.set("file", new File([new Uint8Array(PNG)], "foto.png", { type: "image/png" }));
    const uploaded = await fetch(`${simulator.url}/v25.0/${shop.own.phoneNumberId}/media`, {
      method: "POST",
      headers: { authorization: `Bearer ${shop.own.accessToken}` },
      body: form,
    });
    const image = { ...JSON.parse(await uploaded.text()), caption: "baru" };
    const picture = await arrival(idOf(await shop.post({ to: ACCOUNT, type: "image", image })));
    expect(picture.message?.imageMessage).toMatchObject({ caption: "baru", mimetype: "image/png" });
    expect(await downloaded(simulator.client, picture)).toEqual(PNG);
  });

  it("does not arrive when it failed, nor from a business that the account blocked", async () => {
    const count = () => client.seen.stanzas.length;
    await client.sock.updateBlockStatus(JID, "block");
    const before = count();
    await shop.status(idOf(await shop.text(ACCOUNT, "diblokir")), "sent");
    await client.sock.updateBlockStatus(JID, "unblock");
    await simulator.client.advance(86_400_000);
    await shop.status(idOf(await shop.text(ACCOUNT, "terlambat")), "failed");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(count()).toBe(before);
  });
});
