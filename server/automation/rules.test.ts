import { describe, expect, test } from "vitest";
import { ANSWERS_AT_MOST, decide, type JudgedRule, LOOP, type Situation, turnOf } from "./rules.ts";

const NOON = new Date("2026-11-23T05:00:00Z");
const HOUR = 3_600_000;
const later = (ms: number) => new Date(NOON.getTime() + ms);
const always = { tz: "Asia/Jakarta", windows: null, exceptions: [], paused: false, openUntil: null };
/** Monday 9 to 10 in Jakarta: over at noon, open again a week later. */
const morning = [{ day: 1, from: 540, to: 600 }];
const nextWeek = new Date("2026-11-30T02:00:00Z");

const rule = (id: string, more: Partial<JudgedRule> = {}): JudgedRule => ({
  id: `rul_${id}`,
  enabled: true,
  enabledAt: later(-HOUR),
  waSessionId: null,
  maxPerHour: null,
  windows: null,
  answersAtOpening: false,
  ...more,
});
const situation = (more: Partial<Situation> = {}): Situation => ({
  now: NOON,
  hours: always,
  mode: "first",
  waSessionId: "was_one",
  writtenAt: NOON,
  obstacle: null,
  coolsUntil: new Map(),
  givenInHour: new Map(),
  phone: { inMinute: 0, atMost: 20 },
  person: { inMinute: 0, inHour: 0 },
  ...more,
});
/** What each rule says: "now", "later", or why it does not. */
const said = (rules: JudgedRule[], more: Partial<Situation> = {}, fits: (rule: JudgedRule) => boolean = () => true) =>
  decide(rules, fits, situation(more)).verdicts.map((verdict) =>
    verdict.answers ? (verdict.at ? "later" : "now") : verdict.why,
  );

test.each<[string, Partial<JudgedRule>, Partial<Situation>, string]>([
  ["a rule that fits", {}, {}, "now"],
  ["one that is off", { enabled: false }, {}, "disabled"],
  ["one for another phone", { waSessionId: "was_two" }, {}, "other_phone"],
  ["one for this phone", { waSessionId: "was_one" }, {}, "now"],
  ["one that was switched on after it was written", { enabledAt: later(1_000) }, {}, "written_before"],
  ["one that was switched on in the same second", { enabledAt: later(900) }, {}, "now"],
  ["one that may not", {}, { obstacle: "opted_out" }, "opted_out"],
  ["one in its cooldown", {}, { coolsUntil: new Map([["rul_a", later(1)]]) }, "cooldown"],
  ["one at the end of its cooldown", {}, { coolsUntil: new Map([["rul_a", NOON]]) }, "now"],
  ["one that said enough", { maxPerHour: 3 }, { givenInHour: new Map([["rul_a", 3]]) }, "rate"],
  ["one that may say one more", { maxPerHour: 3 }, { givenInHour: new Map([["rul_a", 2]]) }, "now"],
  ["one outside its hours", { windows: morning }, {}, "outside_own_hours"],
  ["one that answers at the opening", { windows: morning, answersAtOpening: true }, {}, "later"],
  ["one while nothing is open", {}, { hours: { ...always, windows: morning } }, "outside_hours"],
  ["one while all is paused", { answersAtOpening: true }, { hours: { ...always, paused: true } }, "outside_hours"],
])("%s", (_name, more, around, expected) => expect(said([rule("a", more)], around)).toEqual([expected]));

test("whose words do not fit leaves the message to the next", () => {
  const fits = ({ id }: JudgedRule) => id === "rul_b";
  expect(said([rule("a"), rule("b"), rule("c")], {}, fits)).toEqual(["no_match", "now", "no_match"]);
});

describe("the first rule that fits takes the message", () => {
  test("also when it may not answer again, so that nobody is told what is meant for others", () => {
    const cooling = { coolsUntil: new Map([["rul_a" as const, later(HOUR)]]) };
    expect(said([rule("a"), rule("b")], cooling)).toEqual(["cooldown", "rule_before"]);
    expect(decide([rule("a"), rule("b")], () => true, situation(cooling)).verdicts).toMatchObject([
      { until: later(HOUR) },
      { by: "rul_a" },
    ]);
  });

  test("but not outside its own hours, unless it answers at the opening", () => {
    expect(said([rule("a", { windows: morning }), rule("b")])).toEqual(["outside_own_hours", "now"]);
    const [opens, other] = [rule("a", { windows: morning, answersAtOpening: true }), rule("b")];
    expect(decide([opens, other], () => true, situation()).verdicts).toMatchObject([{ at: nextWeek }, { by: "rul_a" }]);
  });
});

test("when all answer, each does, some at most", () => {
  const rules = Array.from({ length: ANSWERS_AT_MOST + 1 }, (_, n) => rule(String(n)));
  expect(said(rules, { mode: "all" })).toEqual([...Array.from({ length: ANSWERS_AT_MOST }, () => "now"), "enough"]);
});

test.each<[string, Partial<Situation>, string | null]>([
  ["the last answer of a minute", { phone: { inMinute: 19, atMost: 20 } }, null],
  ["one more", { phone: { inMinute: 20, atMost: 20 } }, "too_many"],
  ["as many to one person as they may have", { person: { inMinute: LOOP.inMinute - 1, inHour: 5 } }, null],
  ["one more to them", { person: { inMinute: LOOP.inMinute, inHour: 6 } }, "loop"],
  ["a slow loop", { person: { inMinute: 1, inHour: LOOP.inHour } }, "loop"],
])("the phone's rules stop, or do not: %s", (_name, more, trips) => {
  const decision = decide([rule("a")], () => true, situation(more));
  expect(decision.trips).toBe(trips);
  expect(decision.verdicts[0]?.answers).toBe(trips === null);
});

test("nothing stops where nothing would be answered", () => {
  const around = situation({ person: { inMinute: 99, inHour: 99 } });
  expect(decide([rule("a", { enabled: false })], () => true, around).trips).toBeNull();
});

test("answers are given in turn", () => {
  expect([0, 1, 2, 3].map((given) => turnOf(["a", "b", "c"], given))).toEqual(["a", "b", "c", "a"]);
});
