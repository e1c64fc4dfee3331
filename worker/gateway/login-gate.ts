/** How many sessions of a process log in at the same time: after a restart all want to at once. */
const AT_ONCE = 4;

/** Lets few in at a time. */
export interface LoginGate {
  /** Resolves with what lets the next one in; calling that twice is the same as once. At once when aborted. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createLoginGate(atOnce = AT_ONCE): LoginGate {
  let inside = 0;
  const waiting = new Set<() => void>();

  const leave = () => {
    inside -= 1;
    for (const letIn of waiting) {
      letIn();
      break;
    }
  };
  /** Whoever gives up leaves the queue: a turn given to it would be lost to those behind it. */
  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const letIn = () => {
        waiting.delete(letIn);
        signal.removeEventListener("abort", letIn);
        resolve();
      };
      waiting.add(letIn);
      signal.addEventListener("abort", letIn);
    });
  return {
    async enter(signal) {
      while (inside >= atOnce && !signal.aborted) await turn(signal);
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
