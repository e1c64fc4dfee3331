import { describe, expect, test } from "vitest";
import { textProblem } from "./recipients.ts";

const person = (length: number) => ({
  contactId: null,
  recipientKey: "pn:+6281200000001",
  name: "Ani",
  phoneE164: "+6281200000001",
  attributes: {},
  verdict: "queued" as const,
  text: "a".repeat(length),
});

describe("a text that is sent", () => {
  test("may be as long as WhatsApp takes, and shorter beside a file, of which it is the caption", () => {
    expect(textProblem({ mediaId: null }, person(4_096))).toBeNull();
    expect(textProblem({ mediaId: null }, person(4_097))).toMatchObject({ code: "text_too_long" });
    expect(textProblem({ mediaId: "med_1" }, person(1_024))).toBeNull();
    expect(textProblem({ mediaId: "med_1" }, person(1_025))).toMatchObject({
      code: "text_too_long",
      details: { name: "Ani", length: 1_025, limit: 1_024 },
    });
  });

  test("may be empty beside a file alone", () => {
    expect(textProblem({ mediaId: null }, person(0))).toMatchObject({ code: "text_empty" });
    expect(textProblem({ mediaId: "med_1" }, person(0))).toBeNull();
  });
});
