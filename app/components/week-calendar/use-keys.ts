import { type KeyboardEvent, useState } from "react";
import { windowInWords } from "#server/schedules/windows/rules.ts";
import { type Slot, STEP, shift, withBeginning, withEnd } from "./edit.ts";
import type { WeekState } from "./use-week.ts";

const arrows = {
  ArrowUp: { days: 0, minutes: -STEP },
  ArrowDown: { days: 0, minutes: STEP },
  ArrowLeft: { days: -1, minutes: 0 },
  ArrowRight: { days: 1, minutes: 0 },
  PageUp: { days: 0, minutes: -60 },
  PageDown: { days: 0, minutes: 60 },
} as const;
const isArrow = (key: string): key is keyof typeof arrows => Object.hasOwn(arrows, key);

/** How the keyboard is told; the buttons point to it. */
export const KEYS =
  "With the keyboard: Enter takes a window up, arrows move it, Shift and arrows its end, Alt and arrows its beginning, Enter keeps it, Escape puts it back. Delete removes it.";

/** The week counted from Monday. */
const column = (slot: Slot): number => (slot.day + 6) % 7;

/** The window that lies next in a direction, for the focus. */
function neighbour(slots: readonly Slot[], of: Slot, key: keyof typeof arrows): Slot | undefined {
  const { days, minutes } = arrows[key];
  if (days === 0) {
    const beyond = slots.filter((slot) => slot.day === of.day && (slot.from - of.from) * minutes > 0);
    return beyond.toSorted((a, b) => Math.abs(a.from - of.from) - Math.abs(b.from - of.from))[0];
  }
  const far = (slot: Slot) => Math.abs(column(slot) - column(of)) * 10_000 + Math.abs(slot.from - of.from);
  const beyond = slots.filter((slot) => (column(slot) - column(of)) * days > 0);
  return beyond.toSorted((a, b) => far(a) - far(b))[0];
}

/**
 * Moving, lengthening and removing windows with the keyboard. One that was taken up is kept, or put back, at the end.
 * @param onShow called with the day on which what has the focus is: a phone shows one alone
 */
export function useKeys(week: WeekState, onShow: (day: number) => void) {
  const [held, setHeld] = useState<number | null>(null);

  const slotOf = (id: number) => week.slots.find((slot) => slot.id === id);

  function take(slot: Slot): void {
    setHeld(slot.id);
    week.show([...week.kept], `Taken up: ${windowInWords(slot)}.`);
  }

  function put(id: number, focus: boolean): void {
    setHeld(null);
    const slot = slotOf(id);
    if (slot) week.keep(week.slots, `Kept: ${windowInWords(slot)}.`, { about: id, focus });
  }

  function remove(slot: Slot): void {
    setHeld(null);
    const next = neighbour(week.kept, slot, "ArrowUp") ?? neighbour(week.kept, slot, "ArrowDown");
    week.keep(
      week.kept.filter(({ id }) => id !== slot.id),
      `Removed: ${windowInWords(slot)}.`,
      { about: next?.id ?? null, focus: true },
    );
  }

  function move(slot: Slot, event: KeyboardEvent, key: keyof typeof arrows): void {
    const { days, minutes } = arrows[key];
    const moved = event.shiftKey
      ? withEnd(slot, slot.to + minutes)
      : event.altKey
        ? withBeginning(slot, slot.from + minutes)
        : shift(slot, days, minutes);
    onShow(moved.day);
    week.show(
      week.slots.map((other) => (other.id === slot.id ? moved : other)),
      `${windowInWords(moved)}.`,
    );
  }

  return {
    held,
    remove,
    /** Enter, or what a screen reader does in its place. */
    toggle: (slot: Slot) => (held === slot.id ? put(slot.id, true) : take(slot)),
    onBlur: (slot: Slot) => {
      if (held === slot.id) put(slot.id, false);
    },
    onKeyDown(event: KeyboardEvent, slot: Slot) {
      const { key } = event;
      if (key === "Enter" || key === " ") {
        if (held === slot.id) put(slot.id, true);
        else take(slot);
      } else if (key === "Escape" && held === slot.id) {
        setHeld(null);
        const before = week.kept.find(({ id }) => id === slot.id);
        if (before) onShow(before.day);
        week.drop();
      } else if (key === "Delete" || key === "Backspace") remove(slot);
      else if (isArrow(key)) {
        if (held === slot.id) move(slot, event, key);
        else {
          const next = neighbour(week.kept, slot, key);
          if (next) {
            onShow(next.day);
            week.focusOn(next.id);
          }
        }
      } else return;
      event.preventDefault();
      // A dialog around the calendar does not close with what is put back.
      event.stopPropagation();
    },
  };
}
