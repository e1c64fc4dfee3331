/** What was kept, as the server says. */
export interface Kept {
  id: string;
  version: number;
  at: Date;
}

/** What came of a save: kept, refused because it was changed elsewhere meanwhile, or not done and why. */
export type Outcome = { kept: Kept } | { changedElsewhere: true } | { problem: string };

export type SaveState =
  | { kind: "clean" | "saving" | "changed_elsewhere" }
  | { kind: "saved"; at: Date }
  | { kind: "failed"; problem: string };

interface Draft {
  id: string | null;
  /** What the next change is made to; undefined for whatever there is. */
  version: number | undefined;
}

/** How long somebody has to pause before what they typed is saved, in milliseconds. */
const PAUSE_MS = 700;

/**
 * Saves a form by itself: after a short pause, one save at a time, and of several changes the last alone. What could not be
 * saved stays to be saved; what was changed elsewhere is never written over without being asked.
 * @param send saves what the form holds at that moment
 * @param tell hears of every change of the state
 */
export function createSaver({
  draft,
  send,
  tell,
  pauseMs = PAUSE_MS,
}: {
  draft: Draft;
  send: (draft: Draft) => Promise<Outcome>;
  tell: (state: SaveState) => void;
  pauseMs?: number;
}) {
  let { id, version } = draft;
  let dirty = false;
  let blocked = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<boolean> | null = null;

  async function save(): Promise<boolean> {
    dirty = false;
    tell({ kind: "saving" });
    const outcome = await send({ id, version });
    if ("kept" in outcome) {
      ({ id, version } = outcome.kept);
      // A change made meanwhile is told by the save that follows.
      if (!dirty) tell({ kind: "saved", at: outcome.kept.at });
      return true;
    }
    dirty = true;
    blocked = "changedElsewhere" in outcome;
    tell(
      blocked
        ? { kind: "changed_elsewhere" }
        : { kind: "failed", problem: "problem" in outcome ? outcome.problem : "" },
    );
    return false;
  }

  /** Saves what is not saved yet, at once. Answers whether everything is. */
  async function flush(): Promise<boolean> {
    clearTimeout(timer);
    while (running) await running;
    if (!dirty) return true;
    if (blocked) return false;
    running = save().finally(() => {
      running = null;
    });
    return (await running) && flush();
  }

  return {
    flush,
    /** Something was changed. */
    change() {
      dirty = true;
      clearTimeout(timer);
      if (blocked) return;
      tell({ kind: "saving" });
      timer = setTimeout(() => void flush(), pauseMs);
    },
    /** Saves what is here over what was changed elsewhere. */
    overwrite() {
      blocked = false;
      version = undefined;
      return flush();
    },
    /** The version that was kept last, while nothing waits to be saved; else null. */
    restsAt: () => (dirty || running || id === null ? null : (version ?? null)),
  };
}

export type Saver = ReturnType<typeof createSaver>;
