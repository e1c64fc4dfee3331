import { expect, test } from "vitest";
import { type Forecast, forecast, type Outlook, usualSize } from "./rules.ts";

const usual: Outlook = {
  balance: 400,
  available: 300,
  pointsPerMessage: 2,
  usual: 50,
  use: Array.from({ length: 14 }, () => 20),
  // A Sunday.
  today: "2026-11-22",
  planEnds: "2026-12-20",
};
const days = (...points: number[]) => [...Array.from({ length: 14 - points.length }, () => 0), ...points];

const ends: [string, Partial<Outlook>, Forecast["end"]][] = [
  ["as many points a day as in the last two weeks", {}, { kind: "on", day: "2026-12-12", inDays: 20 }],
  [
    "one busy day counts as a fourteenth",
    { use: days(140, 0, 0), balance: 35 },
    { kind: "on", day: "2026-11-25", inDays: 3 },
  ],
  ["less than a day is left", { balance: 19 }, { kind: "on", day: "2026-11-22", inDays: 0 }],
  ["a new account has few days", { use: [60, 40], balance: 200 }, { kind: "on", day: "2026-11-26", inDays: 4 }],
  ["what is held is used up too", { balance: 40, available: 0 }, { kind: "on", day: "2026-11-24", inDays: 2 }],
  [
    "the year ends first",
    { today: "2026-12-30", planEnds: "2027-01-20", balance: 60 },
    { kind: "on", day: "2027-01-02", inDays: 3 },
  ],
  ["on the plan's last day", { planEnds: "2026-12-12" }, { kind: "on", day: "2026-12-12", inDays: 20 }],
  ["the plan ends the day before", { planEnds: "2026-12-11" }, { kind: "outlives_plan" }],
  ["hardly anything is used", { use: days(1), balance: 2_000_000_000 }, { kind: "outlives_plan" }],
  ["nothing was used", { use: days() }, { kind: "unused" }],
  ["more was given back than used", { use: days(-20, 10) }, { kind: "unused" }],
  ["no day is known", { use: [] }, { kind: "unused" }],
  ["the plan has ended", { planEnds: null }, { kind: "plan_ended" }],
  ["there are no points", { balance: 0, available: 0 }, { kind: "empty" }],
  ["there are none, and no plan", { balance: 0, available: 0, planEnds: null }, { kind: "empty" }],
];

test.each(ends)("when points run out: %s", (_, outlook, end) => {
  expect(forecast({ ...usual, ...outlook }).end).toEqual(end);
});

const campaigns: [string, Partial<Outlook>, Forecast["campaigns"]][] = [
  ["three of fifty", {}, { enoughFor: 3, recipients: 50, assumed: false }],
  ["one point short of three", { available: 299 }, { enoughFor: 2, recipients: 50, assumed: false }],
  ["of the usual size", { usual: 7 }, { enoughFor: 21, recipients: 7, assumed: false }],
  ["of fifty where none was begun", { usual: null }, { enoughFor: 3, recipients: 50, assumed: true }],
  ["none", { available: 99 }, { enoughFor: 0, recipients: 50, assumed: false }],
];

test.each(campaigns)("how many campaigns the points are enough for: %s", (_, outlook, expected) => {
  expect(forecast({ ...usual, ...outlook }).campaigns).toEqual(expected);
});

test("the usual campaign is the middle one, the smaller of two, and none that reached nobody", () => {
  expect(usualSize([])).toBeNull();
  expect(usualSize([0])).toBeNull();
  expect(usualSize([40])).toBe(40);
  expect(usualSize([200, 10, 30])).toBe(30);
  expect(usualSize([200, 10, 0, 30, 20])).toBe(20);
});
