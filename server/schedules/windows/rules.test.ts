import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isWithin, type Window } from "../rules.ts";
import { isAlways, presets, stretchOf, tidyWindows, windowInWords } from "./rules.ts";

const at = (day: number, from: number, to: number): Window => ({ day, from, to });

describe("windows that overlap", () => {
  test.each<[string, Window[], Window[], string]>([
    [
      "on one day become one",
      [at(1, 540, 720), at(1, 660, 900)],
      [at(1, 540, 900)],
      "Monday 09:00–12:00 and 11:00–15:00 are one window now: 09:00–15:00.",
    ],
    [
      "or only touch become one",
      [at(1, 720, 900), at(1, 540, 720)],
      [at(1, 540, 900)],
      "Monday 09:00–12:00 and 12:00–15:00 are one window now: 09:00–15:00.",
    ],
    [
      "past midnight end where the next day begins",
      [at(5, 1_320, 1_800), at(6, 300, 720)],
      [at(5, 1_320, 1_740), at(6, 300, 720)],
      "Friday 22:00–06:00 on Saturday ends at 05:00 now, where Saturday 05:00–12:00 begins.",
    ],
    [
      "around the end of the week, too",
      [at(1, 0, 60), at(0, 1_320, 1_560)],
      [at(1, 0, 120), at(0, 1_320, 1_440)],
      "Sunday 22:00–02:00 on Monday ends at 00:00 now, where Monday 00:00–02:00 begins.",
    ],
    [
      "and make more than a day are cut at midnight",
      [at(2, 10, 1_440), at(2, 1_380, 1_800)],
      [at(2, 10, 1_440), at(3, 0, 360)],
      "Tuesday 00:10–06:00 on Wednesday is longer than a day and was cut at midnight.",
    ],
  ])("%s", (_what, given, windows, said) => {
    const tidy = tidyWindows(given);
    expect(tidy.windows).toEqual(windows);
    expect(tidy.changes).toContain(said);
  });

  test("and no others are changed; Monday comes first", () => {
    const given = [at(0, 0, 1_440), at(5, 1_320, 1_800), at(6, 360, 720), at(1, 540, 720), at(1, 721, 900)];
    const { windows, changes } = tidyWindows(given);
    expect(windows).toEqual([given[3], given[4], given[1], given[2], given[0]]);
    expect(changes).toEqual([]);
  });
});

test("tidy windows are open exactly when those that were given are, and none overlaps another", () => {
  const window = fc
    .record({ day: fc.nat(6), from: fc.nat(95), length: fc.integer({ min: 1, max: 96 }) })
    .map(({ day, from, length }) => at(day, from * 15, (from + length) * 15));
  const monday = Date.parse("2026-11-23T00:00:00Z");
  const quarters = Array.from({ length: 7 * 96 }, (_, n) => new Date(monday + n * 15 * 60_000));
  fc.assert(
    fc.property(fc.array(window, { maxLength: 14 }), (given) => {
      const { windows } = tidyWindows(given);
      for (const quarter of quarters) {
        expect(isWithin(windows, "UTC", quarter)).toBe(isWithin(given, "UTC", quarter));
        expect(windows.filter((one) => isWithin([one], "UTC", quarter)).length).toBeLessThan(2);
      }
      for (const { from, to } of windows) expect(to - from).toBeLessThanOrEqual(1_440);
    }),
    { numRuns: 40 },
  );
});

test("two times make a window; an end that is not later is the next day's", () => {
  expect(stretchOf(540, 1_080)).toEqual({ from: 540, to: 1_080 });
  expect(stretchOf(1_320, 360)).toEqual({ from: 1_320, to: 1_800 });
  expect(stretchOf(0, 0)).toEqual({ from: 0, to: 1_440 });
  expect(stretchOf(540, 540)).toEqual({ from: 540, to: 1_980 });
  expect(windowInWords({ day: 6, ...stretchOf(1_320, 360) })).toBe("Saturday 22:00–06:00 on Sunday");
});

test("the presets are tidy, and the last is always", () => {
  for (const { windows } of presets) expect(tidyWindows(windows)).toEqual({ windows, changes: [] });
  expect(presets.map(({ windows }) => isAlways(windows))).toEqual([false, false, true]);
});
