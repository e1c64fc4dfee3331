/** How many sessions of a process log in at the same time: after a restart all want to at once. */
const AT_ONCE = 4;

/** Lets few in at a time. */
export interface LoginGate {
  /** Resolves with what lets the next one in; calling that twice is the same as once. At once when aborted. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createLoginGate(atOnce = AT_ONCE): LoginGate {
  let inside = 0;
  const waiting: (() => void)[] = [];

  const leave = () => {
    inside -= 1;
    waiting.shift()?.();
  };
  return {
    async enter(signal) {
      while (inside >= atOnce && !signal.aborted) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
      inside += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        leave();
      };
    },
  };
}
