import { useCallback, useState } from "react";
import type { Window } from "#server/schedules/rules.ts";
import { newSlot, type Slot, sameWindows, settleSlots, windowsOf } from "./edit.ts";

/** As many changes can be taken back. */
const REMEMBERED = 50;

interface Week {
  slots: Slot[];
  /** While something is dragged or held: how it looks meanwhile. */
  preview: Slot[] | null;
  past: Slot[][];
  selected: number | null;
  /** Whose button is to have the focus after this change. */
  focus: { id: number } | null;
  /** What the last change did, for the eye and for the screen reader. */
  said: string;
}

interface About {
  about?: number | null;
  focus?: boolean;
}

/** The windows of a week while they are edited: kept changes, one that is under way, and the way back. */
export function useWeek(windows: readonly Window[], onChange?: (windows: Window[]) => void) {
  const [week, setWeek] = useState<Week>(() => ({
    slots: windows.map(newSlot),
    preview: null,
    past: [],
    selected: null,
    focus: null,
    said: "",
  }));

  const set = useCallback((some: Partial<Week>) => setWeek((was) => ({ ...was, ...some })), []);

  /** Keeps a change, without overlaps. `about` is the slot that was changed, and gets the focus where `focus` is set. */
  function keep(slots: readonly Slot[], said: string, { about = null, focus = false }: About = {}): void {
    const selected = about ?? week.selected;
    const settled = settleSlots(slots, selected ?? undefined);
    const same = sameWindows(windowsOf(settled.slots), windowsOf(week.slots));
    set({
      slots: settled.slots,
      preview: null,
      past: same ? week.past : [...week.past, week.slots].slice(-REMEMBERED),
      selected: settled.slots.some(({ id }) => id === selected) ? selected : null,
      focus: focus && about !== null ? { id: about } : null,
      said: [same ? "Nothing was changed." : said, ...settled.changes].join(" "),
    });
    if (!same) onChange?.(windowsOf(settled.slots));
  }

  function undo(): void {
    const before = week.past.at(-1);
    if (!before) return;
    set({ slots: before, preview: null, past: week.past.slice(0, -1), said: "The last change is taken back." });
    onChange?.(windowsOf(before));
  }

  return {
    slots: week.preview ?? week.slots,
    kept: week.slots,
    busy: week.preview !== null,
    selected: week.selected,
    focus: week.focus,
    said: week.said,
    canUndo: week.past.length > 0,
    keep,
    undo,
    /** Shows a change that is not kept yet. */
    show: (preview: Slot[], said?: string) => set(said === undefined ? { preview } : { preview, said }),
    /** Puts back what was there before a change that was not kept. */
    drop: (said = "Put back.") => set({ preview: null, said }),
    focusOn: (id: number) => set({ focus: { id } }),
    select: (selected: number | null) => set({ selected }),
    say: (said: string) => set({ said }),
  };
}

export type WeekState = ReturnType<typeof useWeek>;
