import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  asksForYes,
  barePlaces,
  confirmationText,
  namesOptOut,
  renderTemplate,
  templateValues,
  templateVariables,
  withFallback,
  withOptOutLine,
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

describe("a text that asks people to confirm", () => {
  test.each([
    ["Answer YES, please", true],
    ["answer “yes” and I write to you", true],
    ["YES?", true],
    ["Yesterday, eyes, YES2", false],
    ["Answer {{answer|YES}}", false],
    ["Answer Y{{x}}ES", false],
    ["", false],
  ])("%j has to name the word: %s", (text, asks) => {
    expect(asksForYes(text)).toBe(asks);
  });

  test("comes ready, with the list's name and no variable that a name could smuggle in", () => {
    const text = confirmationText("Class {{phone}} of 2026");
    expect(text).toContain("Class phone of 2026");
    expect(asksForYes(text)).toBe(true);
    expect(templateVariables(text)).toEqual(["name"]);
    expect(renderTemplate(text, new Map())).toMatch(/^Hi there, /);
  });
});

describe("a fallback", () => {
  test.each([
    ["Hi {{name}}", "Hi {{name|friend}}", []],
    ["{{name}} and {{ name }}, {{class}}", "{{name|friend}} and {{name|friend}}, {{class}}", ["class"]],
    ["{{name|pal}} {{name}}", "{{name|pal}} {{name|friend}}", []],
    ["{{name|}}", "{{name|friend}}", []],
    ["{name}", "{name}", []],
  ])("for the name in %j makes it %j, and leaves %j without one", (template, filled, bare) => {
    const text = withFallback(template, "name", " fri{{end}} ");
    expect(text).toBe(filled);
    expect(barePlaces(text)).toEqual(bare);
  });
});

describe("the way out of these messages", () => {
  test.each([
    ["Hi", "Hi\n\nReply STOP to opt out."],
    ["", "Reply STOP to opt out."],
    ["Hi\n", "Hi\n\nReply STOP to opt out."],
    ["Balas BERHENTI untuk berhenti", null],
    ["Write *stop*", null],
    ["The bus stops here", "The bus stops here\n\nReply STOP to opt out."],
    ["{{word|STOP}}", "{{word|STOP}}\n\nReply STOP to opt out."],
  ])("is added to %j once", (template, longer) => {
    expect(withOptOutLine(template)).toBe(longer ?? template);
    expect(namesOptOut(withOptOutLine(template))).toBe(true);
  });
});
