import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { until } from "./baileys.ts";
import { business, idOf, receive, type TestBusiness } from "./graph.ts";

const BUSINESS = "+6281800000021";
const PERSON = "+5563900000001";
const PLAIN = { batch: 1, batchMs: 0, delayMs: 0, duplicate: null, reorder: null, reorderMs: 500, drop: null };

let simulator: SpawnedSimulator;
let shop: TestBusiness;

beforeAll(async () => {
  simulator = await spawnSimulator({ seed: "webhooks" });
  shop = await business(simulator, { phone: BUSINESS });
});
beforeEach(async () => {
  await simulator.client.setWebhookBehaviour(shop.own.appId, PLAIN);
  await simulator.client.setBusinessNumber(shop.own.phoneNumberId, { delays: { deliveredMs: null, readMs: null } });
  shop.receiver.heard.status = 200;
});
afterAll(async () => {
  shop.receiver.close();
  await simulator.stop();
});

const write = async (text: string) => (await simulator.client.write(PERSON, BUSINESS, text)).id;
const arrived = (id: string) =>
  until(`the webhook of ${id}`, () => shop.receiver.messages().some((each) => each.id === id));
const countOf = (id: string) => shop.receiver.messages().filter((each) => each.id === id).length;

describe("a callback address", () => {
  it("is taken only when it knows the verify token", async () => {
    const other = await receive("another-token");
    const asked = simulator.client.setWebhook(shop.own.appId, { url: other.url, verifyToken: "right-token" });
    await expect(asked).rejects.toThrow("The callback URL answered 403");
    const nowhere = { url: "http://127.0.0.1:9/webhook", verifyToken: "x" };
    await expect(simulator.client.setWebhook(shop.own.appId, nowhere)).rejects.toThrow("did not answer");
    const file = { url: "file:///etc/hosts", verifyToken: "x" };
    await expect(simulator.client.setWebhook(shop.own.appId, file)).rejects.toThrow("http or https");
    other.close();
    await arrived(await write("masih ke alamat lama"));
  });

  it("can be set through the API with the app's own token", async () => {
    const token = `${shop.own.appId}|${shop.own.appSecret}`;
    const body = { object: "whatsapp_business_account", callback_url: shop.receiver.url, verify_token: "right-token" };
    const path = `${shop.own.appId}/subscriptions`;
    expect((await shop.call("POST", path, body, { token })).body).toEqual({ success: true });
    const wrong = await shop.call("POST", path, { ...body, verify_token: "wrong" }, { token });
    expect(wrong.body.error).toMatchObject({ code: 100, error_subcode: 2200 });
    expect((await shop.call("POST", path, body, { token: `${shop.own.appId}|x` })).body.error?.code).toBe(190);
  });

  it("hears nothing of an account that is not subscribed", async () => {
    const path = `${shop.own.wabaId}/subscribed_apps`;
    await shop.call("DELETE", path);
    const unheard = await write("tidak terdengar");
    await shop.call("POST", path);
    await arrived(await write("terdengar"));
    expect(countOf(unheard)).toBe(0);
  });
});

describe("a webhook", () => {
  it("is signed over bytes without a character beyond ASCII", async () => {
    const id = await write("Sudah é ☀ 😀");
    await arrived(id);
    const raw = shop.receiver.heard.raw.find((body) => body.includes(id)) ?? "";
    expect(raw).toContain("Sudah \\u00e9 \\u2600 \\ud83d\\ude00");
    expect(/^[\u0020-\u007e]*$/.test(raw)).toBe(true);
    expect(shop.receiver.heard.refused).toBe(0);
  });

  it("with a false signature is refused, and comes again with a right one", async () => {
    await simulator.client.setTampering({ webhookSignature: 1 });
    const id = await write("ditandatangani salah");
    await until("the refusal", () => shop.receiver.heard.refused === 1);
    await until("the note of it", async () =>
      (await simulator.client.deliveries(shop.own.appId)).some(
        ({ status, body }) => status === 401 && body.includes(id),
      ),
    );
    await simulator.client.advance(5000);
    await arrived(id);
  });

  it("is tried again until it is answered with 200, and given up after a week", async () => {
    shop.receiver.heard.status = 503;
    const id = await write("server sibuk");
    const tries = async () =>
      (await simulator.client.deliveries(shop.own.appId)).filter(({ body }) => body.includes(id));
    await until("the first try", async () => (await tries()).length === 1);
    await simulator.client.advance(1000);
    expect(await tries()).toMatchObject([{ status: 503, attempt: 1 }]);
    await simulator.client.advance(4000);
    await until("the second try", async () => (await tries()).length === 2);
    shop.receiver.heard.status = 200;
    await simulator.client.advance(20_000);
    await arrived(id);
    await until("the note of it", async () => (await tries()).length === 3);
    expect((await tries()).map(({ status }) => status)).toEqual([503, 503, 200]);
    await simulator.client.advance(86_400_000);
    expect(countOf(id)).toBe(1);
  });

  it("may be one of several in a body, statuses apart from messages", async () => {
    await simulator.client.setWebhookBehaviour(shop.own.appId, { batch: 4, batchMs: 60_000 });
    const before = shop.receiver.heard.payloads.length;
    const first = await write("satu");
    const sent = idOf(await shop.text(PERSON, "jawab"));
    await write("dua");
    expect(shop.receiver.heard.payloads.length).toBe(before);
    const last = await write("tiga");
    await arrived(first);
    const [payload] = shop.receiver.heard.payloads.slice(before);
    expect(payload?.entry).toHaveLength(1);
    const changes = payload?.entry[0]?.changes ?? [];
    const parts = changes.map(({ value }) => [value.messages, value.statuses].flatMap((list) => list ?? []).length);
    // The status comes between two of the messages, on a slow machine behind the second.
    expect([...parts].sort((a, b) => a - b)).toEqual([1, 1, 2]);
    expect(changes.every(({ value }) => "messages" in value !== "statuses" in value)).toBe(true);
    expect(JSON.stringify(changes[1]?.value.statuses)).toContain(sent);
    expect(countOf(last)).toBe(1);
    const alone = await write("sendiri");
    await simulator.client.advance(60_000);
    await arrived(alone);
  });

  it("comes twice, out of order, late or not at all when asked", async () => {
    await simulator.client.setWebhookBehaviour(shop.own.appId, { duplicate: { count: 1 } });
    const twice = await write("dua kali");
    await until("both", () => countOf(twice) === 2);
    await simulator.client.setWebhookBehaviour(shop.own.appId, { reorder: { count: 1 }, reorderMs: 60_000 });
    const late = await write("belakangan");
    const early = await write("duluan");
    await arrived(early);
    expect(countOf(late)).toBe(0);
    await simulator.client.advance(60_000);
    await arrived(late);
    await simulator.client.setWebhookBehaviour(shop.own.appId, { delayMs: 30_000, drop: { count: 1 } });
    const lost = await write("hilang");
    const slow = await write("lambat");
    await simulator.client.advance(20_000);
    expect(countOf(slow)).toBe(0);
    await simulator.client.advance(10_000);
    await arrived(slow);
    expect(countOf(lost)).toBe(0);
    const noted = (await simulator.client.deliveries(shop.own.appId)).find(({ body }) => body.includes(lost));
    expect(noted).toMatchObject({ status: null, error: "lost on purpose" });
  });
});

describe("a simulator that starts again", () => {
  it("still has its businesses, and what was on its way arrives", async () => {
    const folder = mkdtempSync(join(tmpdir(), "simulator-"));
    const state = join(folder, "state.json");
    let first = await spawnSimulator({ state });
    const other = await business(first, { phone: BUSINESS, accessToken: "known-token", appSecret: "known-secret" });
    other.receiver.heard.status = 500;
    const { id } = await first.client.write(PERSON, BUSINESS, "sebelum");
    await until("a try", async () => (await first.client.deliveries(other.own.appId)).length === 1);
    await first.stop();
    other.receiver.heard.status = 200;
    first = await spawnSimulator({ state });
    await first.client.advance(5000);
    await until("the rest", () => other.receiver.messages().some((each) => each.id === id));
    const again = await first.client.openBusinessNumber({ phone: BUSINESS, accessToken: "known-token" });
    expect(again).toMatchObject({ phoneNumberId: other.own.phoneNumberId, appSecret: "known-secret" });
    expect(again.accessToken).toBe("known-token");
    await first.client.reset();
    expect(await first.client.businessNumbers()).toEqual([]);
    other.receiver.close();
    await first.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});
