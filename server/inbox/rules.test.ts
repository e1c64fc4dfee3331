import { describe, expect, test } from "vitest";
import { personOf, type ReplyFacts, replyLivesSeconds, replyProblem } from "./rules.ts";

const now = new Date("2026-11-23T03:00:00Z");
const hours = (n: number) => new Date(now.getTime() + n * 3_600_000);

describe("a person goes by", () => {
  test.each([
    ["their number, once it is known", ["lid:9", "pn:+62811"], null, "pn:+62811"],
    ["what WhatsApp calls them while it hides the number", ["lid:9"], null, "lid:9"],
    ["the number of the contact they are", ["lid:9", "pn:+62811", "pn:+62822"], "+62822", "pn:+62822"],
    ["one of two numbers, always the same", ["pn:+62822", "pn:+62811"], null, "pn:+62811"],
  ])("%s", (_what, known, contactPhone, person) => {
    expect(personOf(known, contactPhone)).toBe(person);
  });
});

describe("an answer by hand", () => {
  const open: ReplyFacts = {
    suppressed: false,
    contact: { name: "Ayu", consent: true },
    planActive: true,
    phoneState: null,
    now,
    leavesAt: now,
    day: { sent: 3, most: 500, endsAt: hours(14) },
  };
  const full = { sent: 500, most: 500, endsAt: hours(14) };
  test.each<[string, Partial<ReplyFacts>, ReturnType<typeof replyProblem>]>([
    ["goes to a contact who agreed", {}, null],
    ["goes to somebody who is no contact: they wrote first", { contact: null }, null],
    ["does not go to whoever opted out, whatever else there is", { suppressed: true, planActive: false }, "opted_out"],
    ["does not go to a contact without consent", { contact: { name: "Bo", consent: false } }, "reply_no_consent"],
    ["does not go after the plan has ended", { planActive: false }, "plan_expired"],
    ["does not go from a phone that is not linked", { phoneState: "logged out" }, "reply_phone"],
    ["waits for the hours", { leavesAt: hours(5) }, null],
    ["does not wait for hours that never open", { leavesAt: null }, "reply_closed"],
    ["does not go when the day's messages are used up", { day: full }, "daily_cap_reached"],
    ["does not wait for hours of that same day either", { day: full, leavesAt: hours(13) }, "daily_cap_reached"],
    ["waits for hours that open on the next day", { day: full, leavesAt: hours(15) }, null],
  ])("%s", (_what, facts, problem) => {
    expect(replyProblem({ ...open, ...facts })).toBe(problem);
  });

  test.each([
    [0, 24],
    [10, 24],
    [23.5, 24.5],
    [60, 61],
  ])("whose hours open in %d hours is left out after %d", (opens, lives) => {
    expect(replyLivesSeconds(now, hours(opens)) / 3_600).toBe(lives);
  });
});
