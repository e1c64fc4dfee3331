import { describe, expect, test } from "vitest";
import { dueReminder, firstRenewal, goOnAs, isRenewalOver, nextRenewal, noticeOf } from "./rules.ts";

const END = new Date("2026-12-10T03:00:00Z");
const fromEnd = (hours: number, minutes = 0) => new Date(END.getTime() + hours * 3_600_000 + minutes * 60_000);

describe("a renewal", () => {
  test("is charged an hour before the end; declined, at the end, and a day and two days after it", () => {
    expect(firstRenewal(END)).toEqual(fromEnd(-1));
    expect(nextRenewal(END, fromEnd(-1, 1))).toEqual(END);
    expect(nextRenewal(END, fromEnd(0, 1))).toEqual(fromEnd(24));
    expect(nextRenewal(END, fromEnd(24, 1))).toEqual(fromEnd(48));
    expect(nextRenewal(END, fromEnd(48, 1))).toBeNull();
  });

  test("does not make up for tries that were missed", () => {
    expect(nextRenewal(END, fromEnd(30))).toEqual(fromEnd(48));
  });

  test("is over three days after the end", () => {
    expect(isRenewalOver(END, fromEnd(71, 59))).toBe(false);
    expect(isRenewalOver(END, fromEnd(72))).toBe(true);
  });
});

describe("a reminder", () => {
  const plan = { startedAt: fromEnd(-15 * 24), endsAt: END };

  test.each([
    [-73, null],
    [-72, 3],
    [-25, 3],
    [-24, 1],
    [-1, 1],
    [0, null],
    [5, null],
  ] as const)("%s hours from the end it is that of %s days", (hours, days) => {
    expect(dueReminder(plan, fromEnd(hours))).toBe(days);
  });

  test("is not due of a period that was shorter from the beginning", () => {
    expect(dueReminder({ startedAt: fromEnd(-48), endsAt: END }, fromEnd(-47))).toBeNull();
    expect(dueReminder({ startedAt: fromEnd(-48), endsAt: END }, fromEnd(-23))).toBe(1);
    expect(dueReminder({ startedAt: fromEnd(-24), endsAt: END }, fromEnd(-23))).toBeNull();
  });
});

test("a campaign goes on after its plan was renewed only from a phone that can send", () => {
  expect(goOnAs("linked")).toBeNull();
  expect(goOnAs("reconnecting")).toBeNull();
  expect(goOnAs("restricted")).toBe("restricted");
  expect(
    ["logged_out", "expired", "removed", "needs_attention", "waiting"].map((each) => goOnAs(each as "removed")),
  ).toEqual(Array(5).fill("logged_out"));
});

describe("what every screen says of a plan", () => {
  const off = { will: false, card: null, at: null, now: false, declined: 0, stopped: null };
  const on = { ...off, will: true, card: "Card", at: fromEnd(-1) };
  const runs = { active: true, none: false, endsAt: END, reminded: null, renewal: off };

  test.each([
    ["nothing, while it runs", runs, null],
    ["that it ends, when that was to be reminded of", { ...runs, reminded: 3 }, { kind: "ends", days: 3 }],
    [
      "what is charged, where it renews by itself",
      { ...runs, reminded: 1, renewal: on },
      { kind: "renews", at: fromEnd(-1) },
    ],
    [
      "that it is charged within a minute, once the time has come",
      { ...runs, reminded: 1, renewal: { ...on, now: true } },
      { kind: "renews", at: "now" },
    ],
    [
      "that it ends, where something stands in the way of the renewal",
      { ...runs, reminded: 1, renewal: { ...on, will: false } },
      { kind: "ends" },
    ],
    [
      "that the card was declined",
      { ...runs, renewal: { ...on, at: END, declined: 1 } },
      { kind: "declined", again: END },
    ],
    ["why it does not renew", { ...runs, renewal: { ...off, stopped: "Why." } }, { kind: "stopped", why: "Why." }],
    ["that it ended", { ...runs, active: false, reminded: 1 }, { kind: "ended", declined: null, renews: false }],
    [
      "that it ended, the card was declined and is charged again",
      { ...runs, active: false, renewal: { ...on, at: fromEnd(24), declined: 1 } },
      { declined: fromEnd(24), renews: false },
    ],
    [
      "that it ended before the card was charged at all",
      { ...runs, active: false, renewal: { ...on, now: true } },
      { declined: null, renews: true },
    ],
    ["that there is none", { ...runs, active: false, none: true }, { kind: "none" }],
  ])("%s", (_what, facts, said) => {
    if (said === null) expect(noticeOf(facts)).toBeNull();
    else expect(noticeOf(facts)).toMatchObject(said);
  });
});
