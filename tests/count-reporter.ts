import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends the output with `N passed, N failed, N skipped` alone on its line, for programs that read it. A file that could not
 * be loaded, a hook that failed outside of a test and an error nobody caught count as failed: they are not in any test.
 */
export default class CountReporter implements Reporter {
  #counts = { passed: 0, failed: 1, skipped: 0 };

  onInit(): void {
    // Last of all: after vitest's own summary, and also when the global setup fails.
    process.once("exit", () => {
      const { passed, failed, skipped } = this.#counts;
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === "passed" || state === "failed" ? state : "skipped"] += 1;
      }
      if (module.state() === "failed" && counts.failed === before) counts.failed += 1;
    }
    this.#counts = counts;
  }
}
