import { describe, expect, test } from "vitest";
import {
  campaignStatusesBefore,
  judgeRecipient,
  noVerdicts,
  reachProblem,
  throttleInForce,
  type VerdictCounts,
} from "./rules.ts";

// Letters of what is known of a person: agreed, suppressed, confirmed, asked before, Known to WhatsApp or Unknown to it.
const person = (known: string) => ({
  consent: known.includes("g"),
  suppressed: known.includes("s"),
  confirmed: known.includes("c"),
  asked: known.includes("a"),
  onWhatsapp: known.includes("K") ? true : known.includes("U") ? false : null,
});

describe("of two campaigns to a person, the message and the question whether they want messages", () => {
  test.each([
    // known, message, message to a list with double opt-in, confirmation
    ["g", "queued", "not_confirmed", "queued"],
    ["gK", "queued", "not_confirmed", "queued"],
    ["gU", "not_on_whatsapp", "not_confirmed", "not_on_whatsapp"],
    ["gc", "queued", "queued", "already_confirmed"],
    ["gcU", "not_on_whatsapp", "not_on_whatsapp", "already_confirmed"],
    ["gca", "queued", "queued", "already_confirmed"],
    ["ga", "queued", "not_confirmed", "already_asked"],
    ["gaU", "not_on_whatsapp", "not_confirmed", "already_asked"],
    ["", "no_consent", "no_consent", "no_consent"],
    ["c", "no_consent", "no_consent", "no_consent"],
    ["a", "no_consent", "no_consent", "no_consent"],
    ["U", "no_consent", "no_consent", "no_consent"],
    ["gs", "opted_out", "opted_out", "opted_out"],
    ["gsc", "opted_out", "opted_out", "opted_out"],
    ["gsaU", "opted_out", "opted_out", "opted_out"],
    ["s", "opted_out", "opted_out", "opted_out"],
  ] as const)("%j: %s, with double opt-in %s; %s", (known, message, doubleOptIn, confirmation) => {
    const facts = person(known);
    expect(judgeRecipient({ ...facts, needsYes: false }, "message")).toBe(message);
    expect(judgeRecipient({ ...facts, needsYes: true }, "message")).toBe(doubleOptIn);
    expect(judgeRecipient({ ...facts, needsYes: true }, "confirmation")).toBe(confirmation);
  });
});

describe("a campaign", () => {
  const verdicts = (some: Partial<VerdictCounts>) => ({ ...noVerdicts(), ...some });
  test.each([
    [{ queued: 200, no_consent: 19_800 }, null],
    [{ queued: 201 }, "too_many_recipients"],
    [{ queued: 100_000 }, "too_many_recipients"],
    [{ queued: 200, no_consent: 19_801 }, "list_too_long"],
    [{ no_consent: 5 }, "no_recipients"],
    [{ no_consent: 100_000 }, "no_recipients"],
    [{ not_confirmed: 3, no_consent: 5 }, "nobody_confirmed"],
    [{ already_asked: 1, no_consent: 5 }, "nobody_to_ask"],
    [{ already_confirmed: 1 }, "nobody_to_ask"],
  ])("to %o is refused with %s", (some, code) => {
    expect(reachProblem(verdicts(some), 200)?.code ?? null).toBe(code);
  });
});

test("the throttle never falls below the floor", () => {
  expect(throttleInForce({ minMs: 0, maxMs: 0 }, 2_000)).toEqual({ minMs: 2_000, maxMs: 2_000 });
  expect(throttleInForce({ minMs: 3_000, maxMs: 5_000 }, 2_000)).toEqual({ minMs: 3_000, maxMs: 5_000 });
});

test("a cancelled campaign is at its end; a completed one goes on when what failed is tried again", () => {
  expect(campaignStatusesBefore("running")).toEqual(["draft", "scheduled", "paused", "completed"]);
  expect(campaignStatusesBefore("completed")).not.toContain("cancelled");
});
