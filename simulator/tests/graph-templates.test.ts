import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "../client.ts";
import { until } from "./baileys.ts";
import { business, idOf, type TestBusiness } from "./graph.ts";

const BUSINESS = "+6281800000041";
const PERSON = "+5565900000001";

let simulator: SpawnedSimulator;
let shop: TestBusiness;
let path: string;

beforeAll(async () => {
  simulator = await spawnSimulator();
  shop = await business(simulator, { phone: BUSINESS, reviewMs: 60_000 });
  path = `${shop.own.wabaId}/message_templates`;
});
afterAll(async () => {
  shop.receiver.close();
  await simulator.stop();
});

const example = { example: { body_text: [["Ani"]] } };
const greeting = {
  name: "salam",
  language: "id",
  category: "MARKETING",
  components: [{ type: "BODY", text: "Halo {{1}}!", ...example }],
};
const parameters = (...texts: string[]) => [
  { type: "body", parameters: texts.map((text) => ({ type: "text", text })) },
];
const updates = () => shop.receiver.values().filter(({ field }) => field === "message_template_status_update");
const shown = async (id: string) => {
  const chats = await simulator.client.phoneChats(PERSON);
  return chats.flatMap(({ messages }) => messages).find((each) => each.id === id);
};

describe("a template", () => {
  it("cannot be sent before its review is over; then it reaches somebody who never wrote", async () => {
    const made = await shop.call("POST", path, greeting);
    expect(made.body).toMatchObject({ status: "PENDING", category: "MARKETING", id: expect.any(String) });
    const early = await shop.template(PERSON, "salam", parameters("Ani"), "id");
    expect(early).toMatchObject({ status: 404, body: { error: { code: 132_001 } } });
    await simulator.client.advance(60_000);
    const update = await until("the approval", () => updates()[0]);
    expect(update.value).toMatchObject({
      event: "APPROVED",
      message_template_name: "salam",
      message_template_language: "id",
      message_template_id: Number(made.body.id),
    });
    const id = idOf(await shop.template(PERSON, "salam", parameters("Ani"), "id"));
    await shop.status(id, "delivered");
    expect(await shown(id)).toMatchObject({ text: "Halo Ani!" });
    const english = await shop.template(PERSON, "salam", parameters("Ani"), "en_US");
    expect(english.body.error).toMatchObject({
      code: 132_001,
      error_data: { details: "template name (salam) does not exist in en_US" },
    });
    expect((await shop.template(PERSON, "salam", parameters("Ani", "x"), "id")).body.error?.code).toBe(132_000);
  });

  it("that WhatsApp pauses or disables is refused by its own code", async () => {
    for (const [status, code] of [
      ["PAUSED", 132_015],
      ["DISABLED", 132_016],
      ["REJECTED", 132_001],
    ] as const) {
      await simulator.client.setTemplateStatus(shop.own.wabaId, "salam", { status });
      expect((await shop.template(PERSON, "salam", parameters("Ani"), "id")).body.error?.code).toBe(code);
      await until(status, () => updates().some(({ value }) => value.event === status));
    }
    await simulator.client.setTemplateStatus(shop.own.wabaId, "salam", { status: "APPROVED" });
    idOf(await shop.template(PERSON, "salam", parameters("Ani"), "id"));
  });

  it.each<[string, object]>([
    ["with capitals in its name", { name: "Salam" }],
    ["in no language", { language: "Indonesian" }],
    ["of no category", { category: "SPAM" }],
    ["without a body", { components: [{ type: "FOOTER", text: "x" }] }],
    ["with a gap in its parameters", { components: [{ type: "BODY", text: "{{1}} {{3}}", ...example }] }],
    ["with parameters but no example", { components: [{ type: "BODY", text: "Halo {{1}}" }] }],
    ["with a body that is too long", { components: [{ type: "BODY", text: "x".repeat(1025) }] }],
    ["that is there already", { name: "salam" }],
  ])("%s is refused with 100", async (_, change) => {
    const answer = await shop.call("POST", path, { ...greeting, name: "lain", ...change });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 100 } } });
  });

  it("with a picture and named parameters shows both; a tap on its button comes back with the payload", async () => {
    await shop.approved({
      name: "undangan",
      language: "id",
      parameter_format: "NAMED",
      components: [
        { type: "HEADER", format: "DOCUMENT", example: { header_handle: ["x"] } },
        { type: "BODY", text: "Datang, {{nama}}?", example: { body_text_named_params: [] } },
        { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Ya" }] },
      ],
    });
    const form = new FormData();
    form.set("messaging_product", "whatsapp");
    form.set("file", new File(["%PDF"], "undangan.pdf", { type: "application/pdf" }));
    const headers = { authorization: `Bearer ${shop.own.accessToken}` };
    const url = `${simulator.url}/v25.0/${shop.own.phoneNumberId}/media`;
    const media: unknown = await (await fetch(url, { method: "POST", headers, body: form })).json();
    const id = idOf(
      await shop.template(
        PERSON,
        "undangan",
        [
          { type: "header", parameters: [{ type: "document", document: media }] },
          { type: "body", parameters: [{ type: "text", parameter_name: "nama", text: "Ani" }] },
          { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: "ya-7" }] },
        ],
        "id",
      ),
    );
    await shop.status(id, "delivered");
    expect(await shown(id)).toMatchObject({
      text: "Datang, Ani?",
      media: { kind: "document", fileName: "undangan.pdf" },
    });
    const tap = await simulator.client.tap({ from: PERSON, business: BUSINESS, messageId: id, button: 0 });
    const message = await until("the tap", () => shop.receiver.messages().find((each) => each.id === tap.id));
    expect(message).toMatchObject({ type: "button", button: { payload: "ya-7", text: "Ya" }, context: { id } });
    const none = simulator.client.tap({ from: PERSON, business: BUSINESS, messageId: id, button: 1 });
    await expect(none).rejects.toThrow("no message");
    idOf(await shop.text(PERSON, "jendela terbuka"));
  });
});

describe("the list of templates", () => {
  it("comes in pages, filtered, with the fields asked for", async () => {
    for (const name of ["a1", "a2", "a3"]) await shop.call("POST", path, { ...greeting, name, language: "pt_BR" });
    const first = await shop.call("GET", `${path}?language=pt_BR&limit=2&fields=name,status,parameter_format`);
    expect(first.body.data).toEqual([
      { id: expect.any(String), name: "a1", status: "PENDING", parameter_format: "POSITIONAL" },
      { id: expect.any(String), name: "a2", status: "PENDING", parameter_format: "POSITIONAL" },
    ]);
    const { next, cursors } = first.body.paging ?? {};
    expect(cursors).toEqual({ before: expect.any(String), after: expect.any(String) });
    const headers = { authorization: `Bearer ${shop.own.accessToken}` };
    const rest: unknown = await (await fetch(next ?? "", { headers })).json();
    expect(rest).toMatchObject({ data: [{ name: "a3" }], paging: { previous: expect.stringContaining("before=") } });
    expect(rest).not.toHaveProperty("paging.next");
    const approved = await shop.call("GET", `${path}?status=APPROVED&fields=name`);
    expect(approved.body.data).toMatchObject([{ name: "salam" }, { name: "undangan" }]);
  });

  it("loses what is deleted", async () => {
    expect((await shop.call("DELETE", `${path}?name=a1`)).body).toEqual({ success: true });
    expect((await shop.call("GET", `${path}?name=a1`)).body.data).toEqual([]);
    expect((await shop.call("DELETE", `${path}?name=a1`)).body.error?.code).toBe(100);
    expect((await shop.template(PERSON, "a1", parameters("x"), "pt_BR")).body.error?.code).toBe(132_001);
  });
});
