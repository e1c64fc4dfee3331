import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  campaignStatusesBefore,
  judgeRecipient,
  renderTemplate,
  templateValues,
  templateVariables,
  throttleInForce,
} from "./rules.ts";

const values = templateValues({
  name: "Budi",
  phoneE164: "+6281200000001",
  attributes: { class: "7B", "home town": "Solo" },
});

describe("a template", () => {
  test.each([
    ["Hi {{name}}", "Hi Budi"],
    ["Hi {{ name }} of {{class}} in {{home town}}", "Hi Budi of 7B in Solo"],
    ["{{nick|friend}}, hello", "friend, hello"],
    ["{{name|friend}}", "Budi"],
    ["{{missing}}!", "!"],
    ["{{constructor}}{{__proto__}}", ""],
    ["{name} {{}} }}{{", "{name} {{}} }}{{"],
  ])("%s reads %s", (template, text) => {
    expect(renderTemplate(template, values)).toBe(text);
  });

  test("never expands a value: what a contact is called stays text", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const text = renderTemplate(
          "{{name}}",
          new Map([
            ["name", `{{phone}}${name}`],
            ["phone", "secret"],
          ]),
        );
        expect(text).not.toContain("secret");
      }),
    );
  });

  test("names each variable once, in order", () => {
    expect(templateVariables("{{b}} {{ a }} {{b|x}}")).toEqual(["b", "a"]);
  });
});

test.each([
  [{ consent: true, suppressed: false, onWhatsapp: null }, "queued"],
  [{ consent: true, suppressed: false, onWhatsapp: true }, "queued"],
  [{ consent: true, suppressed: false, onWhatsapp: false }, "not_on_whatsapp"],
  [{ consent: false, suppressed: false, onWhatsapp: false }, "no_consent"],
  [{ consent: true, suppressed: true, onWhatsapp: false }, "opted_out"],
  [{ consent: false, suppressed: true, onWhatsapp: null }, "opted_out"],
] as const)("a recipient with %o is %s", (contact, verdict) => {
  expect(judgeRecipient(contact)).toBe(verdict);
});

test("the throttle never falls below the floor", () => {
  expect(throttleInForce({ minMs: 0, maxMs: 0 }, 2_000)).toEqual({ minMs: 2_000, maxMs: 2_000 });
  expect(throttleInForce({ minMs: 3_000, maxMs: 5_000 }, 2_000)).toEqual({ minMs: 3_000, maxMs: 5_000 });
});

test("a completed or cancelled campaign is at its end", () => {
  expect(campaignStatusesBefore("running")).toEqual(["draft", "paused"]);
  expect(campaignStatusesBefore("completed")).not.toContain("cancelled");
});
