import type { DestinationStream } from "pino";

/** As much as tells how a test came to its failure, and is still read by somebody. */
const LINES = 120;

declare module "vitest" {
  interface TaskMeta {
    /** What the product said last, of a test that failed. */
    log?: string[];
  }
}

const lines: string[] = [];

/** Keeps the last lines that the product logs in this test file, for the tests that fail; not what a test asks while it waits. */
export const keptLog: DestinationStream = {
  write(line) {
    if (line.includes('"type":"query"')) return;
    if (lines.push(line.trimEnd()) > 2 * LINES) lines.splice(0, LINES);
  },
};

/** The last lines so far. */
export const lastLines = (): string[] => lines.slice(-LINES);
