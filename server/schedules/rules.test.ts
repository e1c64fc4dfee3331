import { describe, expect, test } from "vitest";
import {
  type ActiveHours,
  isActive,
  isOpen,
  isWithin,
  nextActive,
  nextClosing,
  nextOpening,
  type Window,
} from "./rules.ts";

const at = (iso: string) => new Date(iso);
const always: ActiveHours = { tz: "Asia/Jakarta", windows: null, exceptions: [], paused: false, openUntil: null };
const weekdays: ActiveHours = {
  ...always,
  windows: [1, 2, 3, 4, 5].map((day) => ({ day, from: 9 * 60, to: 18 * 60 })),
};
/** Friday and Saturday evening until the morning after. */
const nights: ActiveHours = { ...always, windows: [5, 6].map((day) => ({ day, from: 22 * 60, to: 30 * 60 })) };
const in_ = (tz: string, ...windows: Window[]): ActiveHours => ({ ...always, tz, windows });

// 23 November 2026 is a Monday.
test.each<[string, ActiveHours, string, boolean]>([
  ["a minute before the window", weekdays, "2026-11-23T08:59:59+07:00", false],
  ["at its first instant", weekdays, "2026-11-23T09:00:00+07:00", true],
  ["just before its end", weekdays, "2026-11-23T17:59:59.999+07:00", true],
  ["at its end", weekdays, "2026-11-23T18:00:00+07:00", false],
  ["on a day without one", weekdays, "2026-11-22T12:00:00+07:00", false],
  ["before midnight in a window that crosses it", nights, "2026-11-27T23:59:59+07:00", true],
  ["after midnight in a window that crosses it", nights, "2026-11-28T05:59:59+07:00", true],
  ["at the end of a window that crossed midnight", nights, "2026-11-28T06:00:00+07:00", false],
  ["on Sunday morning, in Saturday's window", nights, "2026-11-29T03:00:00+07:00", true],
  ["on Friday morning, which no window reaches", nights, "2026-11-27T03:00:00+07:00", false],
])("%s", (_when, hours, iso, open) => {
  expect(isOpen(hours, at(iso))).toBe(open);
});

describe("exceptions", () => {
  const holidays: ActiveHours = {
    ...nights,
    exceptions: [
      { date: "2026-11-28", until: "2026-11-29", name: "Reunion", windows: [] },
      { date: "2026-12-24", until: "2026-12-24", name: "Eve", windows: [{ from: 20 * 60, to: 26 * 60 }] },
    ],
  };
  test.each([
    ["what began the evening before ends at midnight", "2026-11-27T23:59:00+07:00", true],
    ["and so the holiday is closed from its first minute", "2026-11-28T00:00:00+07:00", false],
    ["its own evening is closed", "2026-11-28T23:00:00+07:00", false],
    ["and on its last date too", "2026-11-29T03:00:00+07:00", false],
    ["windows of a date are open on it", "2026-12-24T20:00:00+07:00", true],
    ["and go on into the next day", "2026-12-25T01:59:00+07:00", true],
    ["until they end", "2026-12-25T02:00:00+07:00", false],
    ["the week counts again", "2026-12-25T22:00:00+07:00", true],
  ])("%s", (_what, iso, open) => {
    expect(isOpen(holidays, at(iso))).toBe(open);
  });

  test("are jumped over by the next opening, however many there are", () => {
    expect(nextOpening(holidays, at("2026-11-28T01:00:00+07:00"))).toEqual(at("2026-12-04T22:00:00+07:00"));
    const long = [{ date: "2026-11-23", until: "2027-02-28", name: "Closed for the season", windows: [] }];
    expect(nextOpening({ ...weekdays, exceptions: long }, at("2026-11-23T12:00:00+07:00"))).toEqual(
      at("2027-03-01T09:00:00+07:00"),
    );
    expect(nextOpening({ ...always, exceptions: long }, at("2026-11-23T12:00:00+07:00"))).toEqual(
      at("2027-03-01T00:00:00+07:00"),
    );
  });

  test("are the only opening of hours without windows", () => {
    const eve = { ...holidays, windows: [] };
    expect(nextOpening(eve, at("2026-11-28T01:00:00+07:00"))).toEqual(at("2026-12-24T20:00:00+07:00"));
    expect(nextOpening(eve, at("2026-12-25T02:00:00+07:00"))).toBeNull();
  });
});

describe("pause and active now", () => {
  const until = at("2026-11-23T21:00:00+07:00");
  test("active now is open whatever the windows say, then they decide", () => {
    const now = { ...weekdays, openUntil: until };
    expect(isOpen(now, at("2026-11-23T20:59:59+07:00"))).toBe(true);
    expect(isOpen(now, until)).toBe(false);
    expect(nextClosing(now, at("2026-11-23T20:00:00+07:00"))).toEqual(until);
    // It ends within a window: that goes on.
    expect(nextClosing({ ...now, openUntil: at("2026-11-24T10:00:00+07:00") }, until)).toEqual(
      at("2026-11-24T18:00:00+07:00"),
    );
  });
  test("active now opens a holiday, too", () => {
    const exceptions = [{ date: "2026-11-23", until: "2026-11-23", name: "Holiday", windows: [] }];
    expect(isOpen({ ...weekdays, exceptions, openUntil: until }, at("2026-11-23T12:00:00+07:00"))).toBe(true);
  });
  test("a pause wins, and has no end of its own", () => {
    const paused = { ...always, paused: true, openUntil: until };
    expect(isOpen(paused, at("2026-11-23T12:00:00+07:00"))).toBe(false);
    expect(nextOpening(paused, at("2026-11-23T12:00:00+07:00"))).toBeNull();
  });
});

describe("the next turn", () => {
  test.each<[string, ActiveHours, string, string | null]>([
    ["over a weekend", weekdays, "2026-11-20T18:00:00+07:00", "2026-11-23T09:00:00+07:00"],
    ["of hours that are open is now", weekdays, "2026-11-23T12:00:30+07:00", "2026-11-23T12:00:30+07:00"],
    ["of no windows is never", { ...always, windows: [] }, "2026-11-23T12:00:00+07:00", null],
  ])("opening %s", (_what, hours, iso, opens) => {
    expect(nextOpening(hours, at(iso))).toEqual(opens && at(opens));
  });
  test.each<[string, ActiveHours, string, string | null]>([
    ["today", weekdays, "2026-11-23T12:00:30+07:00", "2026-11-23T18:00:00+07:00"],
    ["tomorrow morning", nights, "2026-11-27T23:00:00+07:00", "2026-11-28T06:00:00+07:00"],
    ["of hours that are closed is now", weekdays, "2026-11-22T12:00:00+07:00", "2026-11-22T12:00:00+07:00"],
    ["of always is never", always, "2026-11-22T12:00:00+07:00", null],
    [
      "of windows that fill the week is never",
      { ...always, windows: [0, 1, 2, 3, 4, 5, 6].map((day) => ({ day, from: 540, to: 1_980 })) },
      "2026-11-22T12:00:00+07:00",
      null,
    ],
    [
      "of always is the next holiday",
      { ...always, exceptions: [{ date: "2026-12-25", until: "2026-12-26", name: "Holiday", windows: [] }] },
      "2026-11-22T12:00:00+07:00",
      "2026-12-25T00:00:00+07:00",
    ],
  ])("closing %s", (_what, hours, iso, closes) => {
    expect(nextClosing(hours, at(iso))).toEqual(closes && at(closes));
  });
});

describe("where the clock changes", () => {
  test("a window in the hour that is skipped opens at the first minute that exists", () => {
    // Berlin, 29 March 2026: 02:00 becomes 03:00.
    const hours = in_("Europe/Berlin", { day: 0, from: 150, to: 240 });
    expect(nextOpening(hours, at("2026-03-29T00:30:00+01:00"))).toEqual(at("2026-03-29T03:00:00+02:00"));
    // One that lies in it altogether comes back a week later.
    const swallowed = in_("Europe/Berlin", { day: 0, from: 130, to: 170 });
    expect(nextOpening(swallowed, at("2026-03-29T00:30:00+01:00"))).toEqual(at("2026-04-05T02:10:00+02:00"));
  });
  test("an hour that comes twice is open twice", () => {
    // Berlin, 25 October 2026: 03:00 becomes 02:00.
    const hours = in_("Europe/Berlin", { day: 0, from: 120, to: 150 });
    expect(isOpen(hours, at("2026-10-25T02:15:00+02:00"))).toBe(true);
    expect(isOpen(hours, at("2026-10-25T02:45:00+02:00"))).toBe(false);
    expect(nextOpening(hours, at("2026-10-25T02:30:00+02:00"))).toEqual(at("2026-10-25T02:00:00+01:00"));
  });
  test("a day without a midnight begins at its first minute", () => {
    // Santiago, 6 September 2026: 00:00 becomes 01:00.
    const hours = in_("America/Santiago", { day: 0, from: 0, to: 180 });
    expect(nextOpening(hours, at("2026-09-05T23:00:00-04:00"))).toEqual(at("2026-09-06T01:00:00-03:00"));
  });
});

describe("a rule with windows of its own", () => {
  const evening = [{ day: 1, from: 17 * 60, to: 20 * 60 }];
  test("is active when they and the hours are open", () => {
    expect(isWithin(evening, "Asia/Jakarta", at("2026-11-23T19:00:00+07:00"))).toBe(true);
    expect(isActive(weekdays, evening, at("2026-11-23T16:59:00+07:00"))).toBe(false);
    expect(isActive(weekdays, evening, at("2026-11-23T17:00:00+07:00"))).toBe(true);
    expect(isActive(weekdays, evening, at("2026-11-23T18:00:00+07:00"))).toBe(false);
    expect(isActive(weekdays, null, at("2026-11-23T12:00:00+07:00"))).toBe(true);
  });
  test("is active next when both are", () => {
    const holiday = [{ date: "2026-11-23", until: "2026-11-23", name: "Holiday", windows: [] }];
    const from = at("2026-11-20T12:00:00+07:00");
    expect(nextActive(weekdays, evening, from)).toEqual(at("2026-11-23T17:00:00+07:00"));
    expect(nextActive({ ...weekdays, exceptions: holiday }, evening, from)).toEqual(at("2026-11-30T17:00:00+07:00"));
    expect(nextActive(weekdays, [{ day: 0, from: 0, to: 1_440 }], from)).toBeNull();
    expect(nextActive({ ...weekdays, paused: true }, evening, from)).toBeNull();
  });
});
