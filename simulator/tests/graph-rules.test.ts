import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { until } from "./baileys.ts";
import { business, idOf, type TestBusiness } from "./graph.ts";

const BUSINESS = "+6281800000011";
const PERSON = "+5562900000001";

let simulator: SpawnedSimulator;
let shop: TestBusiness;
let number: string;

beforeAll(async () => {
  simulator = await spawnSimulator();
  shop = await business(simulator, { phone: BUSINESS, reviewMs: null });
  number = shop.own.phoneNumberId;
  await simulator.client.write(PERSON, BUSINESS, "halo");
});
afterAll(async () => {
  shop.receiver.close();
  await simulator.stop();
});

const chat = async () =>
  (await simulator.client.phoneChats(PERSON)).find((each) => each.with === BUSINESS)?.messages ?? [];
const errorOf = async (answer: ReturnType<TestBusiness["call"]>) => {
  const { status, body } = await answer;
  return { status, code: body.error?.code, subcode: body.error?.error_subcode };
};
const hello = { messaging_product: "whatsapp", to: PERSON, type: "text", text: { body: "halo" } };
const path = () => `${number}/messages`;

describe("who may ask", () => {
  it("is told 190 for a wrong token, with 463 for an expired one, 104 without any", async () => {
    const token = "EAAwrong-token";
    expect(await errorOf(shop.call("POST", path(), hello, { token }))).toMatchObject({ status: 401, code: 190 });
    const { accessToken } = await simulator.client.openToken({ appId: shop.own.appId, expiresInMs: 60_000 });
    idOf(await shop.call("POST", path(), hello, { token: accessToken }));
    await simulator.client.advance(60_000);
    const expired = { status: 401, code: 190, subcode: 463 };
    expect(await errorOf(shop.call("POST", path(), hello, { token: accessToken }))).toEqual(expired);
    const second = await simulator.client.openToken({ appId: shop.own.appId });
    await simulator.client.expireToken(second.accessToken);
    expect(await errorOf(shop.call("GET", number, undefined, { token: second.accessToken }))).toEqual(expired);
    const bare = await fetch(`${simulator.url}/v25.0/${path()}`, { method: "POST", body: "{}" });
    expect(await bare.json()).toMatchObject({ error: { code: 104, type: "OAuthException" } });
  });

  it("needs the scope: 10 for messages, 200 for management", async () => {
    const open = (scope: string) => simulator.client.openToken({ appId: shop.own.appId, scopes: [scope] });
    const management = await open("whatsapp_business_management");
    const denied = await errorOf(shop.call("POST", path(), hello, { token: management.accessToken }));
    expect(denied).toMatchObject({ status: 403, code: 10 });
    const { accessToken: token } = await open("whatsapp_business_messaging");
    const list = `${shop.own.wabaId}/message_templates`;
    expect(await errorOf(shop.call("GET", list, undefined, { token }))).toMatchObject({ status: 403, code: 200 });
  });

  it("learns nothing of what is another app's: HTTP 400 with 100 and 33", async () => {
    const other = await simulator.client.openBusinessNumber({ phone: "+6281800000012" });
    const unknown = { status: 400, code: 100, subcode: 33 };
    expect(await errorOf(shop.call("POST", "123456/messages", hello))).toEqual(unknown);
    expect(await errorOf(shop.call("POST", `${other.phoneNumberId}/messages`, hello))).toEqual(unknown);
    expect(await errorOf(shop.call("GET", `${other.wabaId}/message_templates`))).toEqual(unknown);
    expect(await errorOf(shop.call("PUT", "nothing/here"))).toEqual(unknown);
  });

  it("must use a version that has not ended", async () => {
    for (const version of ["v20.0", "v25.1", "v1.0"]) {
      expect(await errorOf(shop.call("POST", path(), hello, { version }))).toMatchObject({ status: 400, code: 2635 });
    }
    idOf(await shop.call("POST", path(), hello, { version: "v21.0" }));
  });
});

describe("a body", () => {
  const text = { to: PERSON, type: "text" };
  it.each<[string, object, number]>([
    ["without a recipient", { type: "text", text: { body: "x" } }, 131_008],
    ["without its text", text, 131_008],
    ["without a body", { ...text, text: {} }, 131_008],
    ["with an empty body", { ...text, text: { body: "" } }, 131_009],
    ["with more than 4096 characters", { ...text, text: { body: "x".repeat(4097) } }, 100],
    ["with a misspelled key", { ...text, text: { bdoy: "x", body: "x" } }, 100],
    ["with a key nobody knows", { ...text, text: { body: "x" }, colour: "red" }, 100],
    ["to a group", { ...text, recipient_type: "group", text: { body: "x" } }, 131_009],
    ["of a type nobody knows", { to: PERSON, type: "hologram", hologram: {} }, 100],
    ["of a type that is not here", { to: PERSON, type: "interactive", interactive: {} }, 131_051],
    [
      "with too long data of its own",
      { ...text, text: { body: "x" }, biz_opaque_callback_data: "x".repeat(513) },
      131_009,
    ],
    ["to itself", { to: BUSINESS, type: "text", text: { body: "x" } }, 131_021],
    ["with an image that is not there", { to: PERSON, type: "image", image: { id: "1" } }, 131_009],
    ["with both an id and a link", { to: PERSON, type: "image", image: { id: "1", link: "http://x" } }, 131_009],
    [
      "naming a template that is not there",
      { to: PERSON, type: "template", template: { name: "x", language: { code: "id" } } },
      132_001,
    ],
  ])("%s is refused by code", async (_, body, code) => {
    const answer = await shop.post(body);
    expect(answer.body.error?.code).toBe(code);
    expect(answer.status).toBe(code === 132_001 ? 404 : 400);
  });

  it("is refused without messaging_product, and when it is no JSON", async () => {
    expect(await errorOf(shop.call("POST", path(), { to: PERSON }))).toMatchObject({ status: 400, code: 100 });
    const headers = { authorization: `Bearer ${shop.own.accessToken}` };
    const broken = await fetch(`${simulator.url}/v25.0/${path()}`, { method: "POST", headers, body: "{" });
    expect(await broken.json()).toMatchObject({ error: { code: 100, fbtrace_id: expect.any(String) } });
  });
});

describe("a number", () => {
  it("is held to its throughput, a pair to its allowance, both on the simulated clock", async () => {
    const fresh = "+5562900000003";
    await simulator.client.setBusinessNumber(number, { throughput: 1000 });
    for (let sent = 0; sent < 45; sent++) idOf(await shop.text(fresh, `ke-${sent}`));
    // One more is allowed every six seconds, also of those that the first took.
    let refused = await errorOf(shop.text(fresh, "ke-46"));
    for (let more = 47; more < 77 && refused.code === undefined; more++)
      refused = await errorOf(shop.text(fresh, `ke-${more}`));
    expect(refused).toMatchObject({ status: 400, code: 131_056 });
    await simulator.client.advance(7000);
    idOf(await shop.text(fresh, "setelah menunggu"));
    await simulator.client.setBusinessNumber(number, { throughput: 2 });
    await simulator.client.advance(1000);
    const people = Array.from({ length: 20 }, (_, each) => `+5562900001${String(each).padStart(2, "0")}`);
    const answers = await Promise.all(people.map((each) => errorOf(shop.text(each, "cepat"))));
    expect(new Set(answers.map(({ code }) => code).filter(Boolean))).toEqual(new Set([130_429]));
    await simulator.client.setBusinessNumber(number, { throughput: 80 });
  });

  it("that is not registered, or whose account is locked, sends nothing", async () => {
    await simulator.client.setBusinessNumber(number, { registered: false });
    expect(await errorOf(shop.text(PERSON, "x"))).toMatchObject({ status: 400, code: 133_010 });
    expect((await shop.call("POST", `${number}/register`, { pin: "000000" })).body).toEqual({ success: true });
    await simulator.client.setBusinessNumber(number, { locked: true });
    expect(await errorOf(shop.text(PERSON, "x"))).toMatchObject({ status: 403, code: 131_031 });
    await simulator.client.setBusinessNumber(number, { locked: false });
    idOf(await shop.text(PERSON, "lagi"));
  });

  it("says what it is when asked for fields, and refuses unknown ones", async () => {
    const fields = "display_phone_number,quality_rating,throughput,messaging_limit_tier,status";
    await simulator.client.setBusinessNumber(number, { qualityRating: "YELLOW", messagingLimit: "TIER_2K" });
    expect((await shop.call("GET", `${number}?fields=${fields}`)).body).toEqual({
      id: number,
      display_phone_number: "+62 818 0000 0011",
      quality_rating: "YELLOW",
      throughput: { level: "STANDARD" },
      messaging_limit_tier: "TIER_2K",
      status: "CONNECTED",
    });
    for (const field of ["shoe_size", "constructor"]) {
      expect(await errorOf(shop.call("GET", `${number}?fields=${field}`))).toMatchObject({ status: 400, code: 100 });
    }
    const limit = "whatsapp_business_manager_messaging_limit";
    const account = await shop.call("GET", `${shop.own.wabaId}?fields=${limit}`);
    expect(account.body).toMatchObject({ id: shop.own.wabaId, [limit]: "TIER_2K" });
    const numbers = await shop.call("GET", `${shop.own.wabaId}/phone_numbers`);
    expect(numbers.body.data).toMatchObject([{ id: number, quality_rating: "YELLOW" }]);
    const token = await shop.call("GET", `debug_token?input_token=${shop.own.accessToken}`);
    expect(token.body).toMatchObject({ data: { app_id: shop.own.appId, is_valid: true, expires_at: 0 } });
  });
});

describe("marketing", () => {
  it("that a person stopped fails with 131050, the business having been told; resuming lets it through", async () => {
    await shop.approved({ name: "promo", category: "MARKETING", components: [{ type: "BODY", text: "Diskon!" }] });
    await shop.approved({ name: "info", category: "UTILITY", components: [{ type: "BODY", text: "Pesanan siap" }] });
    await simulator.client.setMarketing(PERSON, BUSINESS, true);
    const preference = await until("the preference", () =>
      shop.receiver.values().find(({ field }) => field === "user_preferences"),
    );
    expect(preference.value).toMatchObject({
      user_preferences: [{ wa_id: PERSON.slice(1), category: "marketing_messages", value: "stop" }],
    });
    const promo = idOf(await shop.template(PERSON, "promo"));
    expect(await shop.status(promo, "failed")).toMatchObject({ errors: [{ code: 131_050 }] });
    await shop.status(idOf(await shop.template(PERSON, "info")), "delivered");
    await simulator.client.setMarketing(PERSON, BUSINESS, false);
    const again = await shop.status(idOf(await shop.template(PERSON, "promo")), "sent");
    expect(again).toMatchObject({ pricing: { billable: true, type: "regular", category: "marketing" } });
  });
});

describe("ordered faults", () => {
  const orders = (errors: { code: number; where: "http" | "webhook"; count: number }[]) =>
    simulator.client.setBusinessFaults(number, { errors });

  it.each([368, 131_048, 131_042, 131_000])("answer %d once, without taking the message", async (code) => {
    const before = (await chat()).length;
    await orders([{ code, where: "http", count: 1 }]);
    expect((await errorOf(shop.text(PERSON, "gagal"))).code).toBe(code);
    expect((await chat()).length).toBe(before);
    idOf(await shop.text(PERSON, "berhasil"));
  });

  it("come as a failed status after the message was accepted", async () => {
    await orders([{ code: 131_049, where: "webhook", count: 1 }]);
    const id = idOf(await shop.text(PERSON, "tidak sampai"));
    expect(await shop.status(id, "failed")).toMatchObject({ errors: [{ code: 131_049 }] });
    await shop.status(idOf(await shop.text(PERSON, "sampai")), "sent");
  });

  it("cut the connection before the message is taken, or after it: the caller cannot know", async () => {
    for (const how of ["cut", "hang"] as const) {
      for (const when of ["before", "after"] as const) {
        await simulator.client.setBusinessFaults(number, { timeouts: { count: 1, when, how } });
        const sent = fetch(`${simulator.url}/v25.0/${path()}`, {
          method: "POST",
          headers: { authorization: `Bearer ${shop.own.accessToken}` },
          body: JSON.stringify({ ...hello, text: { body: `${how} ${when}` } }),
          signal: AbortSignal.timeout(3_000),
        });
        await expect(sent).rejects.toThrow();
      }
    }
    const next = idOf(await shop.text(PERSON, "sesudah itu"));
    await until("the next", async () => (await chat()).some(({ id }) => id === next));
    const texts = (await chat()).map(({ text }) => text);
    expect(texts.filter((text) => /^(cut|hang) /.test(text))).toEqual(["cut after", "hang after"]);
  });

  it("answer with a bare page, the message having been taken or not", async () => {
    for (const accepted of [false, true]) {
      await simulator.client.setBusinessFaults(number, { http5xx: { status: 502, count: 1, accepted } });
      const response = await fetch(`${simulator.url}/v25.0/${path()}`, {
        method: "POST",
        headers: { authorization: `Bearer ${shop.own.accessToken}` },
        body: JSON.stringify({ ...hello, text: { body: `502 ${accepted}` } }),
      });
      expect(response.status).toBe(502);
      expect(await response.text()).toContain("<html>");
    }
    const texts = (await chat()).map(({ text }) => text);
    expect(texts.filter((text) => text.startsWith("502"))).toEqual(["502 true"]);
    expect((await simulator.client.journal()).some(({ what, text }) => what === "fault" && /502/.test(text))).toBe(
      true,
    );
  });
});
