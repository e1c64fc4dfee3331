import type { DestinationStream } from "pino";
import { z } from "zod";

/** As much as tells how a test came to its failure, and is still read by somebody: a CI may keep only the end of what is printed. */
const LINES = 40;
const LINE_CHARS = 200;
const WITNESS_CHARS = 2_000;
/** What says nothing that the rest does not. */
const LEFT_OUT = new Set(["level", "workerId", "requestId"]);

const logLine = z
  .string()
  .transform((line, ctx): unknown => {
    try {
      return JSON.parse(line);
    } catch {
      ctx.addIssue("no JSON");
      return z.NEVER;
    }
  })
  .pipe(z.looseObject({ time: z.string(), service: z.string(), event: z.string().optional(), msg: z.string() }));

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

/** "05:33.151 worker send.claimed messageId=…gn15rz", of a line of the log; anything else, or half a line, as it is. */
function brief(line: string): string {
  const logged = logLine.safeParse(line);
  if (!logged.success) return line.slice(0, LINE_CHARS);
  const { time, service, event, msg, ...rest } = logged.data;
  const facts = Object.entries(rest)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name}=${told(value)}`);
  return [time.replace(/^.*T\d\d:|Z$/g, ""), service, event ?? msg, ...facts].join(" ").slice(0, LINE_CHARS);
}

function told(value: unknown): string {
  if (typeof value === "object" && value !== null && "message" in value) return String(value.message);
  return (typeof value === "string" ? value : JSON.stringify(value)).replace(/^[a-z]{3}_0\w+(?=\w{6}$)/, "…");
}

const witnesses: (() => Promise<string>)[] = [];

/** Is asked when a test fails, for what no log tells: what a page shows, for instance. */
export function tellOnFailure(witness: () => Promise<string>): void {
  witnesses.push(witness);
}

/** The last lines so far, and what there is to tell beside them. */
export async function lastLines(): Promise<string[]> {
  const seen = await Promise.all(witnesses.map((witness) => witness().catch(String)));
  return [...lines.slice(-LINES).map(brief), ...seen.map((text) => text.slice(0, WITNESS_CHARS))];
}
