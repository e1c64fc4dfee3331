import { expect, test } from "vitest";
import { type ActiveHours, isOpen, nextOpening } from "./rules.ts";

const weekdays: ActiveHours = {
  tz: "Asia/Jakarta",
  windows: [1, 2, 3, 4, 5].map((day) => ({ day, from: 9 * 60, to: 18 * 60 })),
  paused: false,
};

test.each([
  ["2026-11-23T01:59:59Z", false],
  ["2026-11-23T02:00:00Z", true],
  ["2026-11-23T10:59:59Z", true],
  ["2026-11-23T11:00:00Z", false],
  ["2026-11-22T03:00:00Z", false],
])("weekdays 09:00-18:00 in Jakarta at %s: open %s", (at, open) => {
  expect(isOpen(weekdays, new Date(at))).toBe(open);
});

test("closed hours name the next opening", () => {
  expect(nextOpening(weekdays, new Date("2026-11-20T11:00:00Z"))).toEqual(new Date("2026-11-23T02:00:00Z"));
  expect(nextOpening(weekdays, new Date("2026-11-23T05:00:30Z"))).toEqual(new Date("2026-11-23T05:00:30Z"));
});

test("a pause has no end of its own, and no windows mean always", () => {
  expect(nextOpening({ ...weekdays, paused: true }, new Date("2026-11-23T05:00:00Z"))).toBeNull();
  expect(nextOpening({ ...weekdays, windows: [] }, new Date("2026-11-23T05:00:00Z"))).toBeNull();
  expect(isOpen({ ...weekdays, windows: null }, new Date("2026-11-22T20:00:00Z"))).toBe(true);
});

test("a window inside the hour that the clocks skip opens at the first minute that exists", () => {
  const night: ActiveHours = { tz: "Europe/Berlin", windows: [{ day: 0, from: 150, to: 240 }], paused: false };
  expect(nextOpening(night, new Date("2026-03-29T00:30:00Z"))).toEqual(new Date("2026-03-29T01:00:00Z"));
});
