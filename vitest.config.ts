import { defineConfig } from "vitest/config";

// In every test file: no private key is printed, its local WhatsApp ends with it, and a failure comes with what was logged.
const setupFiles = ["tests/silence/setup.ts", "tests/simulator-setup.ts", "tests/kept-log-setup.ts"];
// What is polled comes when it comes: how fast is no test's business.
const patient = { poll: { timeout: 60_000, interval: 100 } };
const everywhere = ["node_modules/**", "build/**", ".data/**"];

// Three groups, one after the other. A fault test kills processes of its own and a browser test has the whole product to
// itself, so each shares the machine only with its like; nothing in them is measured by the clock. On two cores more files at a
// time pay where a test mostly waits, for a timeout or a page.
const isOfCron = ({ stack }: { stack?: string | undefined }) =>
  stack?.includes("graphile-worker/dist/cron.js") === true;
const isOfArrayTypes = (error: object) => "query" in error && String(error.query).includes("b.typarray");

export default defineConfig({
  test: {
    globalSetup: "tests/global-setup.ts",
    reporters: ["default", "./tests/count-reporter.ts"],
    // Two promises that nobody can reach are rejected when the database is away; the product writes them down. At a full minute
    // it is graphile-worker's, beside the one that the product follows (`cron.promise.finally` in its runner.js). On a new
    // connection it is postgres.js's question for the array types.
    onUnhandledError: (error) => !isOfCron(error) && !isOfArrayTypes(error),
    projects: [
      {
        test: {
          name: "product",
          setupFiles,
          expect: patient,
          include: ["**/*.test.{ts,tsx}"],
          exclude: [...everywhere, "tests/faults/**", "tests/e2e/**"],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          sequence: { groupOrder: 1 },
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: "faults",
          setupFiles,
          expect: patient,
          include: ["tests/faults/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "e2e",
          setupFiles,
          expect: patient,
          include: ["tests/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
          maxWorkers: 3,
        },
      },
    ],
  },
});
