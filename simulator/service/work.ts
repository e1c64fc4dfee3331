/** Slow work in the order it came, one piece per turn of the event loop, so that answers always go first. */
export class WorkQueue {
  readonly #jobs: (() => Promise<void>)[] = [];
  #running = false;

  add(job: () => Promise<void>): void {
    this.#jobs.push(job);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  /** Resolves when nothing is left to do, or after `patienceMs`. */
  async idle(patienceMs: number): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (this.#running && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async #run(): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) {
      try {
        await job();
      } catch (error) {
        process.stderr.write(`simulator: ${error instanceof Error ? error.stack : error}\n`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#running = false;
  }
}
