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
  write(chunk) {
    for (const line of chunk.split("\n")) if (line.trim() !== "" && !line.includes('"type":"query"')) lines.push(line);
    if (lines.length > 2 * LINES) lines.splice(0, lines.length - LINES);
  },
};

const witnesses: (() => Promise<string>)[] = [];

/** Is asked when a test fails, for what no log tells: what a page shows, for instance. */
export function tellOnFailure(witness: () => Promise<string>): void {
  witnesses.push(witness);
}

/** The last lines so far, and what there is to tell beside them. */
export async function lastLines(): Promise<string[]> {
  const told = await Promise.all(witnesses.map((witness) => witness().catch(String)));
  return [...lines.slice(-LINES), ...told];
}
