import { type PointerEvent, type RefObject, useRef, useState } from "react";

interface Drag {
  /** Which row is in hand, from 0. */
  from: number;
  /** Where it would come to stand. */
  to: number;
}

/**
 * Rows that change places with the mouse, a pen or a finger: the handle of a row is held and moved. Escape, or letting go
 * where it was, changes nothing.
 * @param rows holds the rows, each with `data-row`
 * @param onMove hears the row's place before and after
 */
export function useDragOrder(rows: RefObject<HTMLElement>, onMove: (from: number, to: number) => void) {
  const [drag, setDrag] = useState<Drag | null>(null);
  const middles = useRef<number[]>([]);

  const begin = (from: number) => (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 || !rows.current) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    middles.current = [...rows.current.querySelectorAll("[data-row]")].map((row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + window.scrollY + height / 2;
    });
    setDrag({ from, to: from });
  };
  const over = (event: PointerEvent<HTMLElement>) => {
    if (!drag) return;
    const at = event.clientY + window.scrollY;
    const others = middles.current.filter((_, n) => n !== drag.from);
    const to = others.filter((middle) => middle < at).length;
    if (to !== drag.to) setDrag({ ...drag, to });
  };
  const end = () => {
    if (drag && drag.to !== drag.from) onMove(drag.from, drag.to);
    setDrag(null);
  };
  const cancel = () => setDrag(null);

  /** The order as it would be, by the rows' places as they are. */
  const order = (count: number): number[] => {
    const places = Array.from({ length: count }, (_, n) => n);
    if (!drag) return places;
    const others = places.filter((n) => n !== drag.from);
    return [...others.slice(0, drag.to), drag.from, ...others.slice(drag.to)];
  };
  return {
    held: drag?.from ?? null,
    order,
    handle: (from: number) => ({
      onPointerDown: begin(from),
      onPointerMove: over,
      onPointerUp: end,
      onPointerCancel: cancel,
      onLostPointerCapture: cancel,
    }),
    cancel,
  };
}
