import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { confirmationText, readKeyword } from "./rules.ts";

const STOP = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL", "BERHENTI"];

describe("a word that says whether somebody wants messages", () => {
  test.each(STOP)("%s ends them", (word) => {
    expect(readKeyword(word)).toEqual({ type: "stop", word });
  });

  test("START lifts it, and YES, Y, YA and IYA answer a question", () => {
    expect(readKeyword("start")).toEqual({ type: "start", word: "START" });
    for (const word of ["YES", "y", "Ya", "iya"]) expect(readKeyword(word)?.type).toBe("yes");
  });

  test.each([
    [" stop "],
    ["STOP."],
    ["stop!!"],
    ["Stop\n"],
    ["*STOP*"],
    ["“Stop”"],
    ["ＳＴＯＰ"],
    ["\u200estop\u200b"],
    ["stop 🙏🏽"],
    ["✋️ STOP"],
    ["\u00a0Stop\u00a0"],
  ])("%j is the word, whatever is around it", (text) => {
    expect(readKeyword(text)).toEqual({ type: "stop", word: "STOP" });
  });

  test.each([
    ["Please stop"],
    ["stop promo"],
    ["STOP sending me this"],
    ["stopp"],
    ["don't stop"],
    ["s t o p"],
    ["yes please"],
    ["no"],
    ["!?"],
    [""],
  ])("%j is none", (text) => {
    expect(readKeyword(text)).toBeNull();
  });

  test("a picture without a text is none", () => {
    expect(readKeyword(null)).toBeNull();
  });

  test("no capitals or signs around it hide the word, and any other word beside it does", () => {
    const around = fc.string({ unit: fc.constantFrom(" ", ".", "!", "\n", "*", "'", "…", "🙏"), maxLength: 6 });
    const mixed = fc
      .constantFrom(...STOP)
      .chain((word) =>
        fc
          .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
          .map((low) => low.map((isLow, i) => (isLow ? word.charAt(i).toLowerCase() : word.charAt(i))).join("")),
      );
    fc.assert(
      fc.property(around, mixed, around, (before, word, after) => {
        expect(readKeyword(before + word + after)?.type).toBe("stop");
        expect(readKeyword(`${before + word} it${after}`)).toBeNull();
      }),
    );
  });
});

test("the confirmation speaks the language of the word, and says how to come back", () => {
  expect(confirmationText("STOP")).toBe("You will get no more messages from us. Write START if you change your mind.");
  expect(confirmationText("BERHENTI")).toContain("Tulis START");
});
