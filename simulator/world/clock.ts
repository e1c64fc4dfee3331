/** Something that will happen at a time of the simulated clock. */
interface Alarm {
  due: number;
  run: () => void;
  timer: NodeJS.Timeout;
}

/** The longest a timer can wait. */
const LONGEST_MS = 2_000_000_000;

/**
 * The simulator's time: the real one plus what was travelled. Whatever waits, waits on this clock, so that travelling a
 * day makes everything happen that falls due in it, in order.
 */
export class Clock {
  #ahead: number;
  readonly #alarms = new Set<Alarm>();

  /** `ahead` is how far earlier runs travelled, milliseconds. */
  constructor(ahead: number) {
    this.#ahead = ahead;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Milliseconds this clock is ahead of the real one. */
  get ahead(): number {
    return this.#ahead;
  }

  /** Runs something at a time, at once when that has passed; the returned function calls it off. */
  at(due: number, run: () => void): () => void {
    const alarm: Alarm = { due, run, timer: this.#arm(due, () => this.#ring(alarm)) };
    this.#alarms.add(alarm);
    return () => {
      clearTimeout(alarm.timer);
      this.#alarms.delete(alarm);
    };
  }

  /** Runs something after a delay of this clock. */
  after(ms: number, run: () => void): () => void {
    return this.at(this.now() + ms, run);
  }

  /** Travels into the future; what fell due on the way happens now, earliest first. */
  advance(ms: number): void {
    this.#ahead += ms;
    for (const alarm of [...this.#alarms].sort((a, b) => a.due - b.due)) {
      clearTimeout(alarm.timer);
      alarm.timer = this.#arm(alarm.due, () => this.#ring(alarm));
    }
  }

  /** Forgets everything that waits. */
  clear(): void {
    for (const { timer } of this.#alarms) clearTimeout(timer);
    this.#alarms.clear();
  }

  #arm(due: number, ring: () => void): NodeJS.Timeout {
    return setTimeout(ring, Math.min(Math.max(0, due - this.now()), LONGEST_MS)).unref();
  }

  #ring(alarm: Alarm): void {
    if (!this.#alarms.has(alarm)) return;
    if (alarm.due > this.now()) alarm.timer = this.#arm(alarm.due, () => this.#ring(alarm));
    else {
      this.#alarms.delete(alarm);
      alarm.run();
    }
  }
}
