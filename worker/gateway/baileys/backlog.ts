export interface Backlog {
  /** Logged in: the wait begins. */
  open(): void;
  /** WhatsApp has handed over all it kept; not all of it is read yet. */
  sent(): void;
  arrived(id: string): void;
  read(id: string): void;
  /** The connection is over: nothing is told any more. */
  end(): void;
  isIn(): boolean;
}

/** How long nothing of the backlog may be read before sending begins without what is left of it. */
const SILENCE_MS = 25_000;

/**
 * What WhatsApp kept while a phone was away: there may be a STOP in it. Each message is stored before the next is read, so
 * that while the database is slow or away a STOP may wait behind others for as long as that takes.
 * @param isKeeping whether a message is being stored
 * @param tell told once, when everything is read
 */
export function createBacklog(isKeeping: () => boolean, tell: () => void, silenceMs = SILENCE_MS): Backlog {
  const unread = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const is = { open: false, sent: false, told: false, over: false };

  const look = () => {
    if (is.over || is.told || !is.open || !is.sent || unread.size > 0) return;
    is.told = true;
    clearTimeout(timer);
    tell();
  };
  const wait = () => {
    clearTimeout(timer);
    if (is.over || is.told || !is.open) return;
    timer = setTimeout(() => {
      if (isKeeping()) return wait();
      unread.clear();
      look();
    }, silenceMs);
  };
  return {
    open() {
      is.open = true;
      wait();
      look();
    },
    sent() {
      is.sent = true;
      look();
    },
    arrived(id) {
      if (!is.told) unread.add(id);
    },
    read(id) {
      if (unread.delete(id)) wait();
      look();
    },
    end() {
      is.over = true;
      clearTimeout(timer);
    },
    isIn: () => is.told,
  };
}
