import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useRef } from "react";
import { windowInWords } from "#server/schedules/windows/rules.ts";
import { dragBeginning, dragEnd, dragTo, draw, hourAt, newSlot, type Slot, type Spot } from "./edit.ts";
import type { WeekState } from "./use-week.ts";

/** Less than this is a touch, not a drag. Pixels. */
const SLOP = 4;
/** How long a finger rests before it draws instead of scrolling. */
const PRESS_MS = 300;

type Part = "body" | "from" | "to";

interface Drag {
  pointerId: number;
  /** What is being done to which slot; `create` draws a new one. */
  kind: "create" | Part;
  slot: Slot;
  start: Spot;
  x: number;
  y: number;
  moved: boolean;
  /** A finger that has not rested long enough yet: it may only be scrolling. */
  waits: ReturnType<typeof setTimeout> | null;
}

/** Where a pointer is on the calendar. Only the columns that are shown count. */
function spotAt(grid: HTMLElement, x: number, y: number): Spot | null {
  const columns = [...grid.querySelectorAll<HTMLElement>("[data-day]")].filter((column) => column.offsetWidth > 0);
  const far = (column: HTMLElement) => {
    const { left, right } = column.getBoundingClientRect();
    return Math.max(left - x, x - right, 0);
  };
  const nearest = columns.toSorted((a, b) => far(a) - far(b))[0];
  if (!nearest) return null;
  const { top, height } = nearest.getBoundingClientRect();
  return { day: Number(nearest.dataset.day), minute: Math.max(0, ((y - top) / height) * 1_440) };
}

const changed = ({ kind, slot, start }: Drag, now: Spot): Slot => {
  switch (kind) {
    case "create":
      return draw(slot, start, now);
    case "body":
      return dragTo(slot, start, now);
    case "from":
      return dragBeginning(slot, now);
    case "to":
      return dragEnd(slot, now);
  }
};

/**
 * Drawing and dragging on the calendar, with a mouse, a pen or a finger. A finger scrolls as ever: it draws after resting on
 * a free place, and drags a window that is selected.
 */
export function useDrag(grid: RefObject<HTMLElement>, week: WeekState) {
  const drag = useRef<Drag | null>(null);

  // The browser takes a finger's move for scrolling unless it is told otherwise at the move itself, which React does not listen to so.
  useEffect(() => {
    const element = grid.current;
    const hold = (event: TouchEvent) => {
      if (drag.current && !drag.current.waits && event.cancelable) event.preventDefault();
    };
    element?.addEventListener("touchmove", hold, { passive: false });
    return () => element?.removeEventListener("touchmove", hold);
  }, [grid]);

  function begin(event: ReactPointerEvent, kind: Drag["kind"], slot: Slot, start: Spot): void {
    const { pointerId, clientX: x, clientY: y } = event;
    const waits =
      kind === "create" && event.pointerType === "touch"
        ? setTimeout(() => {
            if (drag.current) drag.current.waits = null;
            week.show([...week.kept, slot], `Drawing. ${windowInWords(slot)}.`);
          }, PRESS_MS)
        : null;
    drag.current = { pointerId, kind, slot, start, x, y, moved: false, waits };
    if (!waits) grid.current?.setPointerCapture(pointerId);
  }

  function end(): Drag | null {
    const ended = drag.current;
    if (ended?.waits) clearTimeout(ended.waits);
    drag.current = null;
    return ended;
  }

  return {
    onPointerDown: (event: ReactPointerEvent<HTMLElement>) => {
      if (event.button !== 0 || drag.current || !grid.current || !(event.target instanceof Element)) return;
      const spot = spotAt(grid.current, event.clientX, event.clientY);
      const part = event.target.closest<HTMLElement>("[data-part]");
      const slot = week.kept.find(({ id }) => id === Number(part?.dataset.slot));
      if (!spot) return;
      if (!slot) {
        if (event.target.closest("[data-day]")) begin(event, "create", newSlot(hourAt(spot)), spot);
        return;
      }
      const first = week.selected !== slot.id;
      week.select(slot.id);
      // The first touch selects, and may go on to scroll; what is selected follows the finger.
      if (first && event.pointerType === "touch") return;
      const kind = part?.dataset.part;
      begin(event, kind === "from" || kind === "to" ? kind : "body", slot, spot);
    },
    onPointerMove: (event: ReactPointerEvent<HTMLElement>) => {
      const now = drag.current;
      if (!now || now.pointerId !== event.pointerId || !grid.current) return;
      const far = Math.hypot(event.clientX - now.x, event.clientY - now.y) > SLOP;
      if (now.waits) {
        if (far) end();
        return;
      }
      if (!far && !now.moved) return;
      now.moved = true;
      const spot = spotAt(grid.current, event.clientX, event.clientY);
      if (!spot) return;
      const slot = changed(now, spot);
      week.show([...week.kept.filter(({ id }) => id !== slot.id), slot]);
    },
    onPointerUp: (event: ReactPointerEvent<HTMLElement>) => {
      if (drag.current?.pointerId !== event.pointerId || !grid.current) return;
      const ended = end();
      const spot = spotAt(grid.current, event.clientX, event.clientY);
      if (!ended || !spot) return;
      // A touch of a free place makes an hour; a touch of a window only selects it.
      if (!ended.moved && ended.kind !== "create") {
        week.drop("");
        return;
      }
      const slot = ended.moved ? changed(ended, spot) : ended.slot;
      const did = ended.kind === "create" ? "Added" : ended.kind === "body" ? "Moved" : "Changed";
      const slots = [...week.kept.filter(({ id }) => id !== slot.id), slot];
      week.keep(slots, `${did}: ${windowInWords(slot)}.`, { about: slot.id, focus: true });
    },
    onPointerCancel: () => {
      const ended = end();
      if (ended && !ended.waits) week.drop("");
    },
    /** Puts back what is being dragged. */
    cancel: (): boolean => {
      const ended = end();
      if (ended) week.drop();
      return ended !== null;
    },
  };
}
