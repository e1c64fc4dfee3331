import { setImmediate as giveWay } from "node:timers/promises";

/** So long one piece of work may hold the process before others have their turn. Milliseconds. */
const HOLD_MS = 8;

/** Work in many small parts that lets everything else in the process go on between them. */
export interface Turns {
  /** Between two parts. */
  next(): Promise<void>;
  /** How long the work itself took so far. Milliseconds. */
  spentMs(): number;
}

export function takeTurns(): Turns {
  let began = performance.now();
  let spent = 0;
  return {
    async next() {
      const held = performance.now() - began;
      if (held < HOLD_MS) return;
      spent += held;
      await giveWay();
      began = performance.now();
    },
    spentMs: () => spent + (performance.now() - began),
  };
}
