import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ActiveHours, isOpen } from "../../schedules/rules.ts";
import { type Course, estimateFinish, hoursInWords } from "./rules.ts";

const JAKARTA = "Asia/Jakarta";
const always: ActiveHours = { tz: JAKARTA, windows: null, exceptions: [], paused: false, openUntil: null };
const at = (iso: string) => new Date(iso);
const workdays = (tz: string, from = 9 * 60, to = 17 * 60): ActiveHours => ({
  ...always,
  tz,
  windows: [1, 2, 3, 4, 5].map((day) => ({ day, from, to })),
});
const course = (some: Partial<Course> & { messages?: number; gapMs?: number }): Course => ({
  from: at("2026-11-23T09:00:00+07:00"),
  hours: always,
  blocks: [{ messages: some.messages ?? 10, gapMs: some.gapMs ?? 60_000 }],
  cap: { perDay: 500, sentToday: 0, tz: JAKARTA },
  ...some,
});

describe("a campaign of ten messages, a minute apart, from Monday 09:00", () => {
  test.each<[string, Partial<Course>, string]>([
    ["ends after ten minutes", {}, "2026-11-23T09:10:00+07:00"],
    [
      "begins in the next window",
      { from: at("2026-11-23T06:00:00+07:00"), hours: workdays(JAKARTA) },
      "2026-11-23T09:09:00+07:00",
    ],
    [
      "goes on the next morning",
      { from: at("2026-11-23T16:55:00+07:00"), hours: workdays(JAKARTA) },
      "2026-11-24T09:05:00+07:00",
    ],
    [
      "waits for Monday",
      { from: at("2026-11-27T16:58:00+07:00"), hours: workdays(JAKARTA) },
      "2026-11-30T09:08:00+07:00",
    ],
    [
      "goes on through midnight in a window that crosses it",
      {
        from: at("2026-11-27T23:55:00+07:00"),
        hours: { ...always, windows: [{ day: 5, from: 22 * 60, to: 30 * 60 }] },
      },
      "2026-11-28T00:05:00+07:00",
    ],
    [
      "leaves a holiday out",
      {
        from: at("2026-11-23T16:55:00+07:00"),
        hours: {
          ...workdays(JAKARTA),
          exceptions: [{ date: "2026-11-24", until: "2026-11-25", name: "Reunion", windows: [] }],
        },
      },
      "2026-11-26T09:05:00+07:00",
    ],
    [
      "goes at night while the hours are open by hand, and then waits for the morning",
      {
        from: at("2026-11-23T20:00:00+07:00"),
        hours: { ...workdays(JAKARTA), openUntil: at("2026-11-23T20:06:00+07:00") },
      },
      "2026-11-24T09:04:00+07:00",
    ],
    [
      "lets the campaigns that come first go first",
      {
        blocks: [
          { messages: 30, gapMs: 120_000 },
          { messages: 10, gapMs: 60_000 },
        ],
      },
      "2026-11-23T10:10:00+07:00",
    ],
    [
      "goes on at the number's midnight when its day is full",
      { cap: { perDay: 500, sentToday: 496, tz: JAKARTA } },
      "2026-11-24T00:05:00+07:00",
    ],
    [
      "whose day is that of the number's own zone",
      { cap: { perDay: 500, sentToday: 500, tz: "America/New_York" } },
      "2026-11-23T12:09:00+07:00",
    ],
    [
      "waits for a window after the day has turned",
      { cap: { perDay: 500, sentToday: 500, tz: JAKARTA }, hours: workdays(JAKARTA) },
      "2026-11-24T09:09:00+07:00",
    ],
    [
      "takes as many days as the number needs",
      { cap: { perDay: 4, sentToday: 0, tz: JAKARTA } },
      "2026-11-25T00:01:00+07:00",
    ],
  ])("%s", (_what, some, finish) => {
    expect(estimateFinish(course(some))).toEqual({ at: at(finish), why: null });
  });
});

describe("where the clock changes", () => {
  test("an opening that a spring night takes away is the next minute that exists", () => {
    // Berlin, 29 March 2026: 02:00 becomes 03:00.
    const hours = { ...always, tz: "Europe/Berlin", windows: [{ day: 0, from: 150, to: 300 }] };
    const from = at("2026-03-29T00:30:00+01:00");
    expect(estimateFinish(course({ from, hours, messages: 1 })).at).toEqual(at("2026-03-29T03:00:00+02:00"));
  });
  test("an hour that an autumn night has twice is open twice", () => {
    // Berlin, 25 October 2026: 03:00 becomes 02:00.
    const hours = { ...always, tz: "Europe/Berlin", windows: [{ day: 0, from: 120, to: 180 }] };
    const from = at("2026-10-25T02:00:00+02:00");
    expect(estimateFinish(course({ from, hours, messages: 90 })).at).toEqual(at("2026-10-25T02:30:00+01:00"));
  });
  test("the number's day of 25 hours has one cap", () => {
    const cap = { perDay: 1, sentToday: 1, tz: "Europe/Berlin" };
    const from = at("2026-10-25T00:10:00+02:00");
    expect(estimateFinish(course({ from, cap, messages: 1 })).at).toEqual(at("2026-10-26T00:00:00+01:00"));
  });
});

test.each<[string, Partial<Course> & { messages?: number }, string]>([
  ["all sending is paused", { hours: { ...always, paused: true } }, "paused"],
  ["no hour is active", { hours: { ...always, windows: [] } }, "no_hours"],
  ["a day has no room", { cap: { perDay: 0, sentToday: 0, tz: JAKARTA } }, "no_room"],
  ["it would take years", { messages: 200, hours: { ...always, windows: [{ day: 1, from: 0, to: 1 }] } }, "too_far"],
])("there is no end to name when %s", (_what, some, why) => {
  expect(estimateFinish(course(some))).toEqual({ at: null, why });
});

test("a finish is never before the shortest pace allows, never while the hours are closed, and never over a day's cap", () => {
  const window = fc
    .record({
      day: fc.integer({ min: 0, max: 6 }),
      from: fc.integer({ min: 0, max: 1_439 }),
      length: fc.integer({ min: 1, max: 600 }),
    })
    .map(({ day, from, length }) => ({ day, from, to: Math.min(1_440, from + length) }));
  fc.assert(
    fc.property(
      fc.record({
        tz: fc.constantFrom(JAKARTA, "Europe/Berlin", "America/New_York", "Asia/Kathmandu"),
        windows: fc.option(fc.array(window, { minLength: 1, maxLength: 6 })),
        messages: fc.integer({ min: 1, max: 40 }),
        minMs: fc.integer({ min: 0, max: 90_000 }),
        spreadMs: fc.integer({ min: 0, max: 60_000 }),
        perDay: fc.integer({ min: 1, max: 30 }),
        // Across both changes of the clock.
        from: fc.date({ min: at("2026-02-01T00:00:00Z"), max: at("2026-12-01T00:00:00Z"), noInvalidDate: true }),
      }),
      ({ tz, windows, messages, minMs, spreadMs, perDay, from }) => {
        const hours = { ...always, tz, windows };
        const gapMs = minMs + spreadMs / 2;
        const { at: finish } = estimateFinish({
          from,
          hours,
          blocks: [{ messages, gapMs }],
          cap: { perDay, sentToday: 0, tz },
        });
        if (finish === null) return;
        expect(finish.getTime()).toBeGreaterThanOrEqual(from.getTime() + messages * minMs);
        expect(isOpen(hours, finish)).toBe(true);
        const midnights = Math.ceil(messages / perDay) - 1;
        expect(finish.getTime()).toBeGreaterThanOrEqual(from.getTime() + (midnights - 1) * 23 * 3_600_000);
      },
    ),
    { numRuns: 60 },
  );
});

test.each<[ActiveHours, string]>([
  [always, "at any time"],
  [{ ...always, paused: true }, "never: you have paused all sending"],
  [{ ...always, windows: [] }, "never: no hour is active"],
  [workdays(JAKARTA), "Mon–Fri 09:00–17:00 (Asia/Jakarta)"],
  [
    {
      ...workdays(JAKARTA),
      windows: [
        { day: 1, from: 780, to: 1_020 },
        { day: 1, from: 540, to: 720 },
        { day: 0, from: 0, to: 1_440 },
      ],
    },
    "Mon 09:00–12:00 and 13:00–17:00, Sun all day (Asia/Jakarta)",
  ],
  [{ ...always, windows: [{ day: 5, from: 1_320, to: 1_800 }] }, "Fri 22:00–06:00 (Asia/Jakarta)"],
  [
    { ...workdays(JAKARTA), exceptions: [{ date: "2026-12-25", until: "2027-01-01", name: "Holidays", windows: [] }] },
    "Mon–Fri 09:00–17:00, other than on dates of their own (Asia/Jakarta)",
  ],
])("hours are said in words", (hours, words) => {
  expect(hoursInWords(hours)).toBe(words);
});
