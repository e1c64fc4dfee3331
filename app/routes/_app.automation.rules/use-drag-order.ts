import { type CSSProperties, type PointerEvent, type RefObject, useRef, useState } from "react";

interface Drag {
  /** Which row is in hand, from 0. */
  from: number;
  /** Where it would come to stand. */
  to: number;
  /** How far it was moved, and how far each row it passes gives way, in pixels. */
  by: number;
  room: number;
}

/**
 * Rows that change places with the mouse, a pen or a finger: the handle of a row is held and moved, and the others give way.
 * Escape, or letting go where it was, changes nothing.
 * @param rows holds the rows, each with `data-row`
 * @param onMove hears the row's place before and after
 */
export function useDragOrder(rows: RefObject<HTMLElement>, onMove: (from: number, to: number) => void) {
  const [drag, draw] = useState<Drag | null>(null);
  // Moves are drawn a moment later, and the pointer may be let go before.
  const now = useRef<Drag | null>(null);
  const setDrag = (next: Drag | null) => {
    now.current = next;
    draw(next);
  };
  const start = useRef({ y: 0, middles: [] as number[] });

  const begin = (from: number) => (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 || !rows.current) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const boxes = Array.from(rows.current.querySelectorAll("[data-row]"), (row) => row.getBoundingClientRect());
    const [first, second, own] = [boxes[0], boxes[1], boxes[from]];
    const gap = first && second ? second.top - first.bottom : 0;
    start.current = {
      y: event.clientY + window.scrollY,
      middles: boxes.map(({ top, height }) => top + window.scrollY + height / 2),
    };
    setDrag({ from, to: from, by: 0, room: (own?.height ?? 0) + gap });
  };
  const over = (event: PointerEvent<HTMLElement>) => {
    const held = now.current;
    if (!held) return;
    const at = event.clientY + window.scrollY;
    const others = start.current.middles.filter((_, n) => n !== held.from);
    setDrag({ ...held, to: others.filter((middle) => middle < at).length, by: at - start.current.y });
  };
  const end = () => {
    const held = now.current;
    if (held && held.to !== held.from) onMove(held.from, held.to);
    setDrag(null);
  };
  const cancel = () => setDrag(null);

  /** Where a row is shown meanwhile. */
  const place = (n: number): CSSProperties => {
    if (!drag) return {};
    if (n === drag.from) return { transform: `translateY(${drag.by}px)`, zIndex: 1 };
    if (n > drag.from && n <= drag.to) return { transform: `translateY(${-drag.room}px)` };
    if (n < drag.from && n >= drag.to) return { transform: `translateY(${drag.room}px)` };
    return {};
  };
  return {
    held: drag?.from ?? null,
    place,
    handle: (from: number) => ({
      onPointerDown: begin(from),
      onPointerMove: over,
      onPointerUp: end,
      onPointerCancel: cancel,
    }),
    cancel,
  };
}
