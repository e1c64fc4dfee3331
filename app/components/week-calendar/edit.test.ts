import { describe, expect, test } from "vitest";
import {
  copyDay,
  dragEnd,
  dragTo,
  draw,
  freeWindow,
  newSlot,
  settleSlots,
  shift,
  windowsOf,
  withBeginning,
  withEnd,
} from "./edit.ts";

const FRIDAY = 5;
const slot = (day: number, from: number, to: number) => newSlot({ day, from, to });
const times = ({ day, from, to }: { day: number; from: number; to: number }) => [day, from, to];

describe("what is drawn", () => {
  const new_ = slot(FRIDAY, 0, 60);
  test.each([
    ["downwards", 600, { day: FRIDAY, minute: 725 }, [FRIDAY, 600, 720]],
    ["upwards", 600, { day: FRIDAY, minute: 488 }, [FRIDAY, 495, 600]],
    ["nowhere is a quarter of an hour", 600, { day: FRIDAY, minute: 601 }, [FRIDAY, 600, 615]],
    ["a little below the day ends with it", 1_200, { day: FRIDAY, minute: 1_470 }, [FRIDAY, 1_200, 1_440]],
    ["far below it goes on into the next", 1_200, { day: FRIDAY, minute: 1_590 }, [FRIDAY, 1_200, 1_590]],
    ["into the next day's column is past midnight", 1_200, { day: 6, minute: 120 }, [FRIDAY, 1_200, 1_560]],
    ["further than a day ends after a day", 0, { day: 6, minute: 600 }, [FRIDAY, 0, 1_440]],
  ])("%s", (_where, minute, now, drawn) => {
    expect(times(draw(new_, { day: FRIDAY, minute }, now))).toEqual(drawn);
  });
});

test("a window keeps its length when it is moved, and begins on a day, not before", () => {
  const night = slot(FRIDAY, 1_320, 1_800);
  expect(times(shift(night, 2, -60))).toEqual([0, 1_260, 1_740]);
  expect(times(shift(slot(1, 30, 90), -1, -60))).toEqual([0, 0, 60]);
  expect(times(shift(night, 0, 600))).toEqual([FRIDAY, 1_425, 1_905]);
  expect(times(dragTo(night, { day: FRIDAY, minute: 1_400 }, { day: 4, minute: 1_338 }))).toEqual([4, 1_260, 1_740]);
});

test("no edge goes past the other, and no window past a day", () => {
  const morning = slot(1, 540, 720);
  expect(times(withEnd(morning, 300))).toEqual([1, 540, 555]);
  expect(times(withEnd(morning, 3_000))).toEqual([1, 540, 1_980]);
  expect(times(withBeginning(morning, 900))).toEqual([1, 705, 720]);
  expect(times(withBeginning(slot(1, 900, 1_800), 0))).toEqual([1, 360, 1_800]);
  expect(times(withBeginning(slot(1, 900, 1_800), 1_700))).toEqual([1, 1_425, 1_800]);
  expect(times(dragEnd(slot(0, 1_320, 1_380), { day: 1, minute: 180 }))).toEqual([0, 1_320, 1_620]);
});

test("what was changed keeps its id when it swallows another, so that the focus stays on it", () => {
  const [morning, noon] = [slot(1, 540, 720), slot(1, 660, 900)];
  const settled = settleSlots([morning, noon], noon.id);
  expect(settled.slots).toEqual([{ day: 1, from: 540, to: 900, id: noon.id }]);
  expect(settleSlots([{ ...noon, from: 500 }, morning], noon.id).slots).toEqual([
    { day: 1, from: 500, to: 900, id: noon.id },
  ]);
});

test("a day is copied in place of what the others had", () => {
  const slots = [slot(1, 540, 720), slot(2, 0, 60), slot(6, 0, 60)];
  expect(windowsOf(copyDay(slots, 1, [1, 2, 3])).map(times)).toEqual([
    [1, 540, 720],
    [6, 0, 60],
    [2, 540, 720],
    [3, 540, 720],
  ]);
});

test("a day without a window gets a working day, another an hour after its last, a full one nothing", () => {
  expect(freeWindow([], 1)).toEqual({ day: 1, from: 540, to: 1_080 });
  expect(freeWindow([slot(1, 540, 720)], 1)).toEqual({ day: 1, from: 780, to: 840 });
  expect(freeWindow([slot(1, 540, 1_380)], 1)).toEqual({ day: 1, from: 1_395, to: 1_440 });
  expect(freeWindow([slot(1, 0, 1_440)], 1)).toBeNull();
});
