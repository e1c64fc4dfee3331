import type { Reporter, TestCase, TestModule } from "vitest/node";
import "./kept-log.ts";

/** From the last test to the end of the process. What takes longer is stuck, and would hold up whoever waits for the run. */
const CLOSING_MS = 120_000;

/** What the product logged last before a test failed. */
function tellLog(test: TestCase): void {
  const { log = [] } = test.meta();
  if (log.length > 0) process.stdout.write(`\n${test.fullName}: the log\n${log.join("\n")}\n`);
}

/**
 * Ends the output with `N passed, N failed, N skipped` alone on its line, for programs that read it. What fails outside of
 * a test counts as failed too: a file that cannot be loaded, a hook, an error that nobody caught, the global setup.
 */
export default class CountReporter implements Reporter {
  #counts = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    // Last of all, after vitest's own summary.
    process.once("exit", (code) => {
      const { passed, failed, skipped } = this.#counts;
      process.stdout.write(
        `${passed} passed, ${code === 0 ? failed : Math.max(failed, 1)} failed, ${skipped} skipped\n`,
      );
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "failed") tellLog(test);
        counts[state === "passed" || state === "failed" ? state : "skipped"] += 1;
      }
      for (const suite of [module, ...module.children.allSuites()]) if (suite.errors().length > 0) counts.failed += 1;
    }
    this.#counts = counts;
    setTimeout(() => {
      process.stderr.write(`The run did not end within ${CLOSING_MS / 1_000} s of its last test.\n`);
      process.exit(1);
    }, CLOSING_MS).unref();
  }
}
