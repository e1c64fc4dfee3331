import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { until } from "./baileys.ts";
import { business, idOf, type TestBusiness } from "./graph.ts";

const BUSINESS = "+6281800000001";
const PERSON = "+5561900000001";
const DAY_MS = 86_400_000;

let simulator: SpawnedSimulator;
let shop: TestBusiness;

beforeAll(async () => {
  simulator = await spawnSimulator();
  await simulator.client.seed({ phones: [{ phone: PERSON, name: "Budi" }] });
  shop = await business(simulator, { phone: BUSINESS, displayName: "Toko Maju" });
});
afterAll(async () => {
  shop.receiver.close();
  await simulator.stop();
});

const chat = async (phone = PERSON) =>
  (await simulator.client.phoneChats(phone)).find((each) => each.with === BUSINESS);
const shown = async (id: string, phone = PERSON) => (await chat(phone))?.messages.find((each) => each.id === id);
const hello = (from: string) => simulator.client.write(from, BUSINESS, "halo");

describe("a text from a business", () => {
  it("shows on the phone and comes back as sent, delivered, read with the caller's own data", async () => {
    await hello(PERSON);
    const answer = await shop.text("62 (0) 1", "x");
    expect(answer.body.error).toMatchObject({ code: 131_009, type: "OAuthException" });
    const accepted = await shop.text("+55 61 9000-00001", "Selamat pagi ☀", { biz_opaque_callback_data: "row-1" });
    expect(accepted.body).toMatchObject({
      messaging_product: "whatsapp",
      contacts: [{ input: "+55 61 9000-00001", wa_id: PERSON.slice(1) }],
      messages: [{ message_status: "accepted" }],
    });
    const id = idOf(accepted);
    expect(id).toMatch(/^wamid\./);
    await shop.status(id, "read");
    expect(shop.receiver.statuses(id).map(({ status }) => status)).toEqual(["sent", "delivered", "read"]);
    expect(shop.receiver.statuses(id).every((each) => each.biz_opaque_callback_data === "row-1")).toBe(true);
    expect(shop.receiver.statuses(id)[0]).toMatchObject({
      recipient_id: PERSON.slice(1),
      pricing: { billable: false, pricing_model: "PMP", type: "free_customer_service", category: "service" },
    });
    expect(shop.receiver.statuses(id)[0]).not.toHaveProperty("conversation");
    expect(await shown(id)).toMatchObject({ text: "Selamat pagi ☀", fromMe: false, status: "read" });
    expect(await chat()).toMatchObject({ name: "Toko Maju" });
  });

  it("is failed by webhook with 131047 a day after the person last wrote, and is allowed again when they write", async () => {
    await hello(PERSON);
    await simulator.client.advance(DAY_MS - 60_000);
    await shop.status(idOf(await shop.text(PERSON, "masih boleh")), "sent");
    await simulator.client.advance(60_000);
    const late = idOf(await shop.text(PERSON, "terlambat"));
    expect(await shop.status(late, "failed")).toMatchObject({ errors: [{ code: 131_047 }] });
    expect(await shown(late)).toBeUndefined();
    expect(shop.receiver.statuses(late)).toHaveLength(1);
    await hello(PERSON);
    await shop.status(idOf(await shop.text(PERSON, "boleh lagi")), "sent");
  });

  it("to a number without WhatsApp is accepted and failed with 131026", async () => {
    const nobody = "+5561900000009";
    await hello(nobody);
    await simulator.client.setPhone(nobody, { onWhatsApp: false });
    const id = idOf(await shop.text(nobody, "halo?"));
    expect(await shop.status(id, "failed")).toMatchObject({ errors: [{ code: 131_026 }] });
  });

  it("waits for a phone that is off, and is never read by one without read receipts", async () => {
    const away = "+5561900000002";
    await hello(away);
    await simulator.client.setPhone(away, { online: false, readReceipts: false });
    const id = idOf(await shop.text(away, "nanti"));
    await shop.status(id, "sent");
    await simulator.client.advance(60_000);
    expect(await shown(id, away)).toBeUndefined();
    await simulator.client.setPhone(away, { online: true });
    await shop.status(id, "delivered");
    await simulator.client.advance(60_000);
    const next = idOf(await shop.text(PERSON, "sesudah"));
    await shop.status(next, "sent");
    expect(shop.receiver.statuses(id).map(({ status }) => status)).toEqual(["sent", "delivered"]);
    expect(await shown(id, away)).toMatchObject({ text: "nanti" });
  });

  it("goes to the spelling that WhatsApp knows, and says so", async () => {
    await simulator.client.setPhone("+556190000003", { aliasOf: "+5561900000003" });
    await hello("+5561900000003");
    const answer = await shop.text("+556190000003", "halo");
    expect(answer.body.contacts).toEqual([{ input: "+556190000003", wa_id: "5561900000003" }]);
    await shop.status(idOf(answer), "sent");
  });

  it("names its conversation to callers of versions before 24", async () => {
    await hello(PERSON);
    const body = { messaging_product: "whatsapp", to: PERSON, type: "text", text: { body: "lama" } };
    const path = `${shop.own.phoneNumberId}/messages`;
    const id = idOf(await shop.call("POST", path, body, { version: "v23.0" }));
    expect(await shop.status(id, "sent")).toMatchObject({ conversation: { origin: { type: "service" } } });
  });

  it("is read when the person opens the chat", async () => {
    await hello(PERSON);
    await simulator.client.setBusinessNumber(shop.own.phoneNumberId, { delays: { readMs: null } });
    const id = idOf(await shop.text(PERSON, "bacalah"));
    await shop.status(id, "delivered");
    await simulator.client.read(PERSON, BUSINESS);
    await shop.status(id, "read");
    await simulator.client.setBusinessNumber(shop.own.phoneNumberId, { delays: { readMs: 1200 } });
  });
});

describe("what a person writes to a business", () => {
  it("comes with their name and their id for this business, and a reply names what it replies to", async () => {
    await hello(PERSON);
    const id = idOf(await shop.text(PERSON, "mau pesan?"));
    await until("the question", () => shown(id));
    const reply = await simulator.client.send(PERSON, BUSINESS, { text: "mau", quoted: id });
    const message = await until("the reply", () => shop.receiver.messages().find((each) => each.id === reply.id));
    expect(message).toMatchObject({
      from: PERSON.slice(1),
      from_user_id: expect.stringMatching(/^BR\.\d+$/),
      type: "text",
      text: { body: "mau" },
      context: { from: BUSINESS.slice(1), id },
    });
    expect(shop.receiver.contacts()).toContainEqual({
      profile: { name: "Budi" },
      wa_id: PERSON.slice(1),
      user_id: message.from_user_id,
    });
  });

  it("comes without the number of who hides it; the business answers by id", async () => {
    const hidden = "+5561900000004";
    await simulator.client.setPhone(hidden, { addressing: "lid", name: "Rahasia" });
    const { id } = await hello(hidden);
    const message = await until("the text", () => shop.receiver.messages().find((each) => each.id === id));
    expect(message).not.toHaveProperty("from");
    expect(shop.receiver.contacts()).toContainEqual({ profile: { name: "Rahasia" }, user_id: message.from_user_id });
    const answer = await shop.post({ recipient: message.from_user_id, type: "text", text: { body: "siapa?" } });
    expect(answer.body.contacts).toEqual([{ input: message.from_user_id, user_id: message.from_user_id }]);
    const sent = await shop.status(idOf(answer), "sent");
    expect(sent).toMatchObject({ recipient_user_id: message.from_user_id });
    expect(sent).not.toHaveProperty("recipient_id");
  });

  it("is marked as read by the business", async () => {
    const { id } = await hello(PERSON);
    const answer = await shop.post({ status: "read", message_id: id, typing_indicator: { type: "text" } });
    expect(answer.body).toEqual({ success: true });
    expect(await shown(id)).toMatchObject({ fromMe: true, status: "read" });
    expect((await shop.post({ status: "read", message_id: "wamid.none" })).body.error?.code).toBe(131_009);
  });

  it("may be a reaction, and the business reacts too", async () => {
    const { id } = await hello(PERSON);
    const reaction = idOf(await shop.post({ to: PERSON, type: "reaction", reaction: { message_id: id, emoji: "👍" } }));
    await shop.status(reaction, "delivered");
    expect(await shown(id)).toMatchObject({ reactions: [{ by: BUSINESS, emoji: "👍" }] });
    const sent = idOf(await shop.text(PERSON, "terima kasih"));
    await until("the thanks", () => shown(sent));
    const heart = await simulator.client.reactToBusiness({
      from: PERSON,
      business: BUSINESS,
      messageId: sent,
      emoji: "❤",
    });
    const message = await until("the heart", () => shop.receiver.messages().find((each) => each.id === heart.id));
    expect(message).toMatchObject({ type: "reaction", reaction: { message_id: sent, emoji: "❤" } });
  });
});
