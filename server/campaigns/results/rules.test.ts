import fc from "fast-check";
import { expect, test } from "vitest";
import { runScale, stopsOf } from "./rules.ts";

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
