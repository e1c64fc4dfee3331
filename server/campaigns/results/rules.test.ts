import fc from "fast-check";
import { expect, test } from "vitest";
import { absencesOf, type HoursChange, quietOf, runScale, stopsOf } from "./rules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.parse("2026-11-02T12:00:00Z");
const scale = (sentMs: number, heardMs: number) =>
  runScale({ firstAt: NOON, lastAcceptedAt: NOON + sentMs, lastHeardAt: NOON + heardMs });

test.each([
  ["ten seconds", 8_000, 10_000, 1_000, 11],
  ["half an hour, read within it", 20 * MINUTE, 30 * MINUTE, MINUTE, 31],
  ["a short run that somebody read two days later shows its first hour", 5 * MINUTE, 2 * DAY, 2 * MINUTE, 31],
  ["two days with a night between", 30 * HOUR, 48 * HOUR, HOUR, 49],
  ["four months", 60 * DAY, 300 * DAY, 3 * DAY, 41],
  ["a single message", 0, 0, 1_000, 1],
])("a chart of %s", (_what, sent, heard, stepMs, count) => {
  expect(scale(sent, heard)).toMatchObject({ stepMs, count });
});

test("a chart holds all that was accepted, in at most 60 parts, the first with the first message", () => {
  const ms = fc.integer({ min: 0, max: 400 * DAY });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: DAY }), ms, ms, (offset, sent, more) => {
      const firstAt = NOON + offset;
      const { from, stepMs, count } = runScale({
        firstAt,
        lastAcceptedAt: firstAt + sent,
        lastHeardAt: firstAt + sent + more,
      });
      expect(count).toBeLessThanOrEqual(60);
      expect(from <= firstAt && firstAt < from + stepMs).toBe(true);
      expect(firstAt + sent).toBeLessThan(from + count * stepMs);
    }),
  );
});

test("a pause lasts until the next resume or the cancel; another pause meanwhile changes nothing, the last may go on", () => {
  const at = (minute: number) => new Date(NOON + minute * MINUTE);
  const event = (minute: number, kind: "paused" | "ended", reason: "user" | "failures" = "user") => ({
    at: at(minute),
    kind,
    reason,
  });
  expect(
    stopsOf([
      event(1, "ended"),
      event(2, "paused", "failures"),
      event(3, "paused"),
      event(5, "ended"),
      event(6, "ended"),
      event(9, "paused"),
    ]),
  ).toEqual([
    { from: at(2), to: at(5), reason: "failures" },
    { from: at(9), to: null, reason: "user" },
  ]);
});

test("nothing leaves outside of the hours, nor while all is paused; of windows that were changed since nothing is said", () => {
  const at = (hour: number) => new Date(NOON + hour * HOUR);
  // 2 November 2026 is a Monday; 09:00 to 17:00 every day.
  const windows = Array.from({ length: 7 }, (_, day) => ({ day, from: 9 * 60, to: 17 * 60 }));
  const hours = { tz: "UTC", windows, exceptions: [] };
  const span = { from: at(0), to: at(48) };
  const night = (from: number, to: number) => ({ from: at(from), to: at(to), reason: "outside_hours" as const });
  const paused = (from: number, to: number) => ({ from: at(from), to: at(to), reason: "paused_all" as const });
  const change = (hour: number, what: Partial<HoursChange>) => ({
    at: at(hour),
    windows: false,
    paused: null,
    openUntil: null,
    ...what,
  });
  expect(quietOf(hours, [], span)).toEqual([night(5, 21), night(29, 45)]);
  expect(quietOf({ ...hours, windows: null }, [], span)).toEqual([]);
  expect(quietOf({ ...hours, windows: [] }, [], span)).toEqual([night(0, 48)]);
  expect(quietOf(hours, [change(-9, { paused: true }), change(2, { paused: false })], span)).toEqual([
    paused(0, 2),
    night(5, 21),
    night(29, 45),
  ]);
  // Active now, for an hour of the night; then until somebody ended it.
  expect(
    quietOf(
      hours,
      [change(10, { openUntil: at(11) }), change(30, { openUntil: at(40) }), change(32, { openUntil: "over" })],
      span,
    ),
  ).toEqual([night(5, 10), night(11, 21), night(29, 30), night(32, 45)]);
  expect(quietOf(hours, [change(10, { windows: true }), change(24, { windows: true })], span)).toEqual([night(29, 45)]);
  // A pause that goes on at the end, and what came after it.
  expect(quietOf(hours, [change(30, { paused: true }), change(60, { paused: false })], span)).toEqual([
    night(5, 21),
    night(29, 30),
    paused(30, 48),
  ]);
});

test("a phone that was away is a reason for a gap, once for all tries to come back, and not for a moment", () => {
  const at = (minute: number) => new Date(NOON + minute * MINUTE);
  const away = (from: number, to: number) => ({ from: at(from), to: at(to), reason: "offline" as const });
  const end = (minute: number, back: number | null) => ({ at: at(minute), backAt: back === null ? null : at(back) });
  const span = { from: at(0), to: at(60) };
  expect(absencesOf([end(5, 8), end(6, 8), end(7, 8), end(20, 20.5), end(30, 45)], span, [])).toEqual([
    away(5, 8),
    away(30, 45),
  ]);
  // From before its start, and past its end.
  expect(absencesOf([end(-90, -80), end(-10, 2), end(50, null), end(55, null)], span, [])).toEqual([
    away(0, 2),
    away(50, 60),
  ]);
  expect(absencesOf([end(70, 90)], span, [])).toEqual([]);
});

test("an absence of the phone is no reason of its own while the campaign was paused", () => {
  const at = (minute: number) => new Date(NOON + minute * MINUTE);
  const away = (from: number, to: number) => ({ from: at(from), to: at(to), reason: "offline" as const });
  const stop = (from: number, to: number | null) => ({ from: at(from), to: to === null ? null : at(to) });
  const absences = (stops: ReturnType<typeof stop>[]) =>
    absencesOf([{ at: at(10), backAt: at(40) }], { from: at(0), to: at(60) }, stops);
  // A log-out: the campaign is paused a moment later, and resumed when the phone is linked again.
  expect(absences([stop(10.1, 45)])).toEqual([]);
  expect(absences([stop(15, 20), stop(30, 35)])).toEqual([away(10, 15), away(20, 30), away(35, 40)]);
  expect(absences([stop(0, 5), stop(20, null)])).toEqual([away(10, 20)]);
  expect(absences([stop(50, 55)])).toEqual([away(10, 40)]);
});
