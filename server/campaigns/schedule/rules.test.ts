import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instantOf, isMissed, readStartTime, wallOf } from "./rules.ts";

describe("a time on the wall", () => {
  test.each([
    ["2026-11-24T09:00", "Asia/Jakarta", "2026-11-24T02:00:00.000Z"],
    ["2026-11-24T09:00", "UTC", "2026-11-24T09:00:00.000Z"],
    ["2026-07-01T09:00", "America/New_York", "2026-07-01T13:00:00.000Z"],
    ["2026-11-24T00:15", "Asia/Kathmandu", "2026-11-23T18:30:00.000Z"],
    // Berlin leaves 02:00 to 03:00 out on 29 March and has it twice on 25 October.
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
    ["2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    ["2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"],
    // Lord Howe Island moves by half an hour.
    ["2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30:00.000Z"],
    // Samoa had no 30 December 2011.
    ["2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00:00.000Z"],
    ["2028-02-29T12:00", "UTC", "2028-02-29T12:00:00.000Z"],
  ])("%s in %s is %s", (wall, tz, instant) => {
    expect(instantOf(wall, tz)?.toISOString()).toBe(instant);
  });

  test.each([
    "2026-02-31T09:00",
    "2026-13-01T09:00",
    "2026-11-24T24:00",
    "2026-11-24T09:60",
    "2026-11-24",
    "tomorrow",
    "",
  ])("%j is none", (wall) => {
    expect(instantOf(wall, "Asia/Jakarta")).toBeNull();
  });

  test("comes back as it was, at whatever instant it exists", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("2020-01-01T00:00:00Z"), max: new Date("2035-01-01T00:00:00Z"), noInvalidDate: true }),
        fc.constantFrom("Asia/Jakarta", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
        (at, tz) => {
          const wall = wallOf(at, tz);
          const found = instantOf(wall, tz);
          expect(found && wallOf(found, tz)).toBe(wall);
          expect(found?.getTime()).toBeLessThanOrEqual(at.getTime());
        },
      ),
    );
  });
});

describe("a start", () => {
  const now = new Date("2026-11-24T02:00:00Z");
  test.each([
    ["2026-11-24T09:01", "Asia/Jakarta", null],
    ["2026-11-24T09:00", "Asia/Jakarta", "This time is over: in Asia/Jakarta it is 2026-11-24 09:00 now."],
    ["2026-11-24T02:30", "UTC", null],
    ["2026-11-31T09:00", "UTC", "There is no such date and time."],
    ["2027-12-24T09:00", "UTC", "up to a year ahead"],
  ])("at %s in %s: %s", (wall, tz, why) => {
    const answer = readStartTime(wall, tz, now);
    if (why === null) expect(answer).toHaveProperty("at");
    else expect(answer).toEqual({ why: expect.stringContaining(why) });
  });

  test("that is over for more than an hour does not happen by itself", () => {
    expect(isMissed(new Date("2026-11-24T01:00:00Z"), now)).toBe(false);
    expect(isMissed(new Date("2026-11-24T00:59:59Z"), now)).toBe(true);
  });
});
