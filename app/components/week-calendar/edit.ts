import type { Window } from "#server/schedules/rules.ts";
import { DAY_MINUTES, tidyWindows } from "#server/schedules/windows/rules.ts";

/** A window on the calendar. Its id stays the same while it is changed, so that the focus stays on it. */
export interface Slot extends Window {
  id: number;
}

/** The calendar's step, in minutes. */
export const STEP = 15;
const AN_HOUR = 60;

let lastId = 0;
export function newSlot(window: Window): Slot {
  lastId += 1;
  return { day: window.day, from: window.from, to: window.to, id: lastId };
}

export const windowsOf = (slots: readonly Slot[]): Window[] => slots.map(({ day, from, to }) => ({ day, from, to }));

export const sameWindows = (a: readonly Window[], b: readonly Window[]): boolean =>
  a.length === b.length &&
  a.every((window, n) => {
    const other = b[n];
    return other && window.day === other.day && window.from === other.from && window.to === other.to;
  });

const snap = (minute: number): number => Math.round(minute / STEP) * STEP;
const between = (low: number, value: number, high: number): number => Math.min(high, Math.max(low, value));
const nextDays = (from: number, to: number): number => (((to - from) % 7) + 7) % 7;

/** Puts a slot on another day and later or earlier. It keeps its length and begins on a day, not before. */
export function shift(slot: Slot, days: number, minutes: number): Slot {
  const from = between(0, slot.from + minutes, DAY_MINUTES - STEP);
  return { ...slot, day: (((slot.day + days) % 7) + 7) % 7, from, to: from + slot.to - slot.from };
}

export const withEnd = (slot: Slot, to: number): Slot => ({
  ...slot,
  to: between(slot.from + STEP, to, slot.from + DAY_MINUTES),
});

export const withBeginning = (slot: Slot, from: number): Slot => ({
  ...slot,
  from: between(Math.max(0, slot.to - DAY_MINUTES), from, Math.min(slot.to, DAY_MINUTES) - STEP),
});

/** Where a pointer is: a day, and a minute of it, which is beyond 1,440 below the calendar. */
export interface Spot {
  day: number;
  minute: number;
}

/** How far beyond the end of the day one may be and still mean its end. */
const STICKY = 45;
const settle = (minute: number): number =>
  minute > DAY_MINUTES && minute < DAY_MINUTES + STICKY ? DAY_MINUTES : snap(minute);

/** What is drawn from one spot to another. A spot in the next day's column is in the next day. */
export function draw(slot: Slot, start: Spot, now: Spot): Slot {
  const anchor = between(0, snap(start.minute), DAY_MINUTES - STEP);
  const ahead = nextDays(start.day, now.day) === 1 ? DAY_MINUTES : 0;
  const end = settle(now.minute) + ahead;
  if (end >= anchor) return withEnd({ ...slot, from: anchor }, Math.max(end, anchor + STEP));
  return { ...slot, from: between(0, end, anchor - STEP), to: anchor };
}

export function dragEnd(slot: Slot, now: Spot): Slot {
  const ahead = nextDays(slot.day, now.day) === 1 ? DAY_MINUTES : 0;
  return withEnd(slot, settle(now.minute) + ahead);
}

export const dragBeginning = (slot: Slot, now: Spot): Slot => withBeginning(slot, snap(now.minute));

export const dragTo = (slot: Slot, start: Spot, now: Spot): Slot =>
  shift(slot, nextDays(start.day, now.day), snap(now.minute - start.minute));

/** An hour at a spot that was only touched. */
export function hourAt({ day, minute }: Spot): Window {
  const from = between(0, Math.floor(minute / 30) * 30, DAY_MINUTES - AN_HOUR);
  return { day, from, to: from + AN_HOUR };
}

/** A window for a day that has none, or an hour after its last. Null when nothing of it is free. */
export function freeWindow(slots: readonly Slot[], day: number): Window | null {
  const last = Math.max(-1, ...slots.filter((slot) => slot.day === day).map(({ to }) => to));
  if (last === -1) return { day, from: 9 * 60, to: 18 * 60 };
  const from = last + AN_HOUR <= DAY_MINUTES - AN_HOUR ? last + AN_HOUR : last + STEP;
  return from <= DAY_MINUTES - STEP ? { day, from, to: Math.min(from + AN_HOUR, DAY_MINUTES) } : null;
}

/** The windows of one day on others as well, in place of what those had. */
export function copyDay(slots: readonly Slot[], day: number, days: readonly number[]): Slot[] {
  const others = days.filter((other) => other !== day);
  const own = slots.filter((slot) => slot.day === day);
  return [
    ...slots.filter((slot) => !others.includes(slot.day)),
    ...others.flatMap((other) => own.map((slot) => newSlot({ ...slot, day: other }))),
  ];
}

/** The slots without overlaps; who is still there keeps its id, above all `kept`. */
export function settleSlots(slots: readonly Slot[], kept?: number): { slots: Slot[]; changes: string[] } {
  const { windows, changes } = tidyWindows(windowsOf(slots));
  const left = slots.toSorted((a, b) => Number(b.id === kept) - Number(a.id === kept));
  const take = (fits: (slot: Slot) => boolean): Slot | undefined => {
    const index = left.findIndex(fits);
    return index === -1 ? undefined : left.splice(index, 1)[0];
  };
  const settled = windows.map((window) => {
    const was =
      take(
        (slot) => slot.id === kept && slot.day === window.day && slot.from >= window.from && slot.from < window.to,
      ) ?? take((slot) => slot.day === window.day && (slot.from === window.from || slot.to === window.to));
    return was ? { ...window, id: was.id } : newSlot(window);
  });
  return { slots: settled, changes };
}
