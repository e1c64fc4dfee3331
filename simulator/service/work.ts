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
