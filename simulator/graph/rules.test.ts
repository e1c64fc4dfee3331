import { describe, expect, it } from "vitest";
import {
  type Component,
  escapedJson,
  PAIR_BURST,
  PAIR_MS,
  pairAllowance,
  recipientOf,
  renderTemplate,
  retryAt,
  sendable,
  windowOpen,
  withinThroughput,
} from "./rules.ts";
import type { Template } from "./schema.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

const template = (change: Partial<Template>): Template => ({
  id: "1",
  name: "salam",
  language: "id",
  category: "UTILITY",
  status: "APPROVED",
  parameterFormat: "POSITIONAL",
  components: [{ type: "BODY", text: "Halo {{1}}, pesanan {{2}} siap" }],
  reviewAt: null,
  ...change,
});
const body = (...texts: (string | undefined)[]): Component => ({
  type: "body",
  parameters: texts.map((text) => ({ type: "text", text })),
});
const codeOf = (result: object): number | undefined => ("code" in result ? Number(result.code) : undefined);

describe("the service window", () => {
  it.each([
    ["never heard", undefined, false],
    ["just now", 0, true],
    ["a second before a day", 24 * HOUR_MS - 1000, true],
    ["a day ago", 24 * HOUR_MS, false],
  ])("after the person wrote %s", (_, ago, open) => {
    expect(windowOpen(ago === undefined ? undefined : NOW - ago, NOW)).toBe(open);
  });
});

describe("allowances", () => {
  it("lend a pair 45 messages at once, then one in six seconds", () => {
    let until: number | undefined;
    for (let sent = 0; sent < PAIR_BURST; sent++) until = pairAllowance(until, NOW) ?? expect.fail(`refused ${sent}`);
    expect(pairAllowance(until, NOW)).toBeUndefined();
    expect(pairAllowance(until, NOW + PAIR_MS - 1)).toBeUndefined();
    const later = pairAllowance(until, NOW + PAIR_MS);
    expect(later).toBeDefined();
    expect(pairAllowance(later, NOW + PAIR_MS)).toBeUndefined();
    expect(pairAllowance(until, NOW + HOUR_MS)).toBe(NOW + HOUR_MS + PAIR_MS);
  });

  it("count the messages of the last second", () => {
    expect(withinThroughput([NOW - 1000, NOW - 999], 2, NOW)).toEqual([NOW - 999, NOW]);
    expect(withinThroughput([NOW - 999, NOW], 2, NOW)).toBeUndefined();
  });
});

describe("a webhook that is not taken", () => {
  it("is sent again ever more seldom, for a week", () => {
    const waits: number[] = [];
    let now = NOW;
    for (let attempts = 1; ; attempts++) {
      const next = retryAt(attempts, NOW, now);
      if (next === undefined) break;
      waits.push(next - now);
      now = next;
    }
    expect(waits.slice(0, 3)).toEqual([5000, 20_000, 80_000]);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBe(12 * HOUR_MS);
    expect(now).toBeLessThanOrEqual(NOW + 7 * 24 * HOUR_MS);
    expect(now).toBeGreaterThan(NOW + 6 * 24 * HOUR_MS);
  });

  it("is signed over escaped text", () => {
    expect(escapedJson({ a: "é/☀😀" })).toBe('{"a":"\\u00e9\\/\\u2600\\ud83d\\ude00"}');
    expect(JSON.parse(escapedJson({ a: "é/☀😀" }))).toEqual({ a: "é/☀😀" });
  });
});

describe("a recipient", () => {
  it.each([
    ["+62 812-3456-789", "+628123456789"],
    ["628123456789", "+628123456789"],
    ["(62) 812.3456.789", "+628123456789"],
    ["08123456789", undefined],
    ["62812x3456", undefined],
    ["12345", undefined],
    ["", undefined],
  ])("written %s is %s", (written, number) => {
    expect(recipientOf(written)).toBe(number);
  });
});

describe("a template", () => {
  it.each([
    ["that is not there", undefined, 132_001],
    ["under review", template({ status: "PENDING" }), 132_001],
    ["rejected", template({ status: "REJECTED" }), 132_001],
    ["paused", template({ status: "PAUSED" }), 132_015],
    ["disabled", template({ status: "DISABLED" }), 132_016],
    ["approved", template({}), undefined],
  ])("%s may be sent or not", (_, found, code) => {
    expect(codeOf(sendable(found, "salam", "id"))).toBe(code);
  });

  const image = template({
    components: [
      { type: "HEADER", format: "IMAGE" },
      { type: "BODY", text: "Halo" },
    ],
  });
  const header = (type: string, reference: object): Component => ({
    type: "header",
    parameters: [{ type, [type]: reference }],
  });
  const link = template({
    components: [
      { type: "BODY", text: "Halo" },
      { type: "BUTTONS", buttons: [{ type: "URL", text: "Lihat", url: "https://example.com/{{1}}" }] },
    ],
  });
  const button = (index: string, text?: string): Component => ({
    type: "button",
    sub_type: "url",
    index,
    parameters: [{ type: "text", text }],
  });
  const named = template({
    parameterFormat: "NAMED",
    components: [{ type: "BODY", text: "Halo {{nama}}" }],
  });
  const given = (parameter_name?: string): Component => ({
    type: "body",
    parameters: [{ type: "text", text: "Ani", parameter_name }],
  });

  it.each<[string, Template, Component[], number | undefined]>([
    ["too few parameters", template({}), [body("Ani")], 132_000],
    ["too many parameters", template({}), [body("Ani", "A1", "x")], 132_000],
    ["no parameters at all", template({}), [], 132_000],
    ["an empty parameter", template({}), [body("Ani", " ")], 131_008],
    ["a parameter without text", template({}), [body("Ani", undefined)], 131_008],
    ["a newline", template({}), [body("Ani", "A\n1")], 132_018],
    ["a tab", template({}), [body("Ani", "A\t1")], 132_018],
    ["five spaces", template({}), [body("Ani", "A     1")], 132_018],
    ["a control character", template({}), [body("Ani", "A\u00071")], 132_007],
    ["a text of more than 1024 characters", template({}), [body("Ani", "x".repeat(1024))], 132_005],
    ["four spaces", template({}), [body("Ani", "A    1")], undefined],
    ["an image where text belongs", template({}), [{ type: "body", parameters: [{ type: "image" }] }], 132_012],
    ["no image", image, [], 132_012],
    ["a document for an image", image, [header("document", { id: "1" })], 132_012],
    ["an image", image, [header("image", { id: "1" })], undefined],
    ["a header it does not have", template({}), [body("Ani", "A1"), header("image", { id: "1" })], 132_000],
    ["no parameter for a link", link, [], 131_008],
    ["a parameter for a link", link, [button("0", "42")], undefined],
    ["a button it does not have", link, [button("0", "42"), button("1", "42")], 132_000],
    ["a parameter without its name", named, [given()], 100],
    ["a wrong name", named, [given("name")], 132_012],
    ["the right name", named, [given("nama")], undefined],
  ])("with %s", (_, found, components, code) => {
    expect(codeOf(renderTemplate(found, components))).toBe(code);
  });

  it("is shown with header, body and footer, its quick replies with their payloads", () => {
    const whole = template({
      components: [
        { type: "HEADER", format: "TEXT", text: "Untuk {{1}}" },
        { type: "BODY", text: "Halo {{1}}, {{2}} dan lagi {{1}}" },
        { type: "FOOTER", text: "Toko Maju" },
        {
          type: "BUTTONS",
          buttons: [
            { type: "QUICK_REPLY", text: "Ya" },
            { type: "QUICK_REPLY", text: "Tidak" },
          ],
        },
      ],
    });
    const payload: Component = {
      type: "button",
      sub_type: "quick_reply",
      index: 1,
      parameters: [{ type: "payload", payload: "no-1" }],
    };
    const top: Component = { type: "header", parameters: [{ type: "text", text: "Ani" }] };
    expect(renderTemplate(whole, [top, body("Ani", "A1"), payload])).toEqual({
      text: "Untuk Ani\nHalo Ani, A1 dan lagi Ani\nToko Maju",
      media: null,
      buttons: [
        { text: "Ya", payload: "Ya" },
        { text: "Tidak", payload: "no-1" },
      ],
    });
  });
});
