import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { built } from "../../built.ts";
import { DomainError } from "../../errors.ts";
import { limits } from "../rules.ts";
import type { Cell, RawRow } from "./cells.ts";
import type { FileFacts, ReadOptions } from "./rows.ts";

/** What the child is, and may use. Tests take less, to see it run out. */
export interface Allowance {
  timeoutMs: number;
  heapMb: number;
  /** What Node runs. */
  program: readonly string[];
}

export const ALLOWANCE: Allowance = {
  // From its source it is compiled first.
  timeoutMs: built ? 20_000 : 60_000,
  heapMb: 256,
  program: built ? [beside("./parse-file.js")] : ["--import", "tsx", beside("./child.ts")],
};
// Each child may take 300 MB: more uploads than this wait their turn.
const AT_ONCE = 2;

/** From which it finds the packages. */
const folder = beside(".");

function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

const message = z.union([
  z.object({ rows: z.custom<WireRow[]>(areRows) }),
  z.object({
    file: z.object({
      readAs: z.string().nullable(),
      sheets: z.array(z.string()),
      delimiter: z.string().nullable(),
    }),
  }),
  z.object({ end: z.number().int() }),
  z.object({ refused: z.string() }),
]);

type WireRow = [rowNo: number, cells: Cell[], formulas?: number[]];

// By hand, because files have a million cells.
function areRows(value: unknown): value is WireRow[] {
  if (!Array.isArray(value)) return false;
  for (const row of value) {
    if (!Array.isArray(row) || !Number.isSafeInteger(row[0]) || !Array.isArray(row[1])) return false;
    for (const cell of row[1]) if (typeof cell !== "string" && typeof cell !== "number") return false;
    if (row[2] !== undefined && !(Array.isArray(row[2]) && row[2].every(Number.isSafeInteger))) return false;
  }
  return true;
}

/** First how the file was read, then the rows in pieces; the first row is the header. */
export type FilePart = { file: FileFacts } | { rows: RawRow[] };

/**
 * Reads an .xlsx or .csv file in a child process that may use 256 MB and work for 20 s: a hostile file ends the child alone.
 * @throws DomainError unreadable_file with what is wrong and what to do
 */
export async function* readFile(
  bytes: Uint8Array,
  options: ReadOptions = {},
  allowance = ALLOWANCE,
): AsyncGenerator<FilePart> {
  await takeTurn();
  try {
    yield* parseInChild(bytes, options, allowance);
  } finally {
    endTurn();
  }
}

/** The refusal of a file, which a form shows beside its file field. */
export const unreadable = (why: string): DomainError => new DomainError("unreadable_file", { why }, { file: why });

async function* parseInChild(bytes: Uint8Array, options: ReadOptions, allowance: Allowance): AsyncGenerator<FilePart> {
  const parser = startChild(options, allowance);
  const time = startTime(allowance.timeoutMs, () => parser.kill("SIGKILL"));
  const closed = new Promise<Ending>((resolve, reject) => {
    parser.once("error", reject);
    parser.once("close", (code, signal) => resolve({ code, signal }));
  });
  closed.catch(() => {});
  let complaint = "";
  parser.stderr.on("data", (text) => {
    complaint = (complaint + text).slice(-2_000);
  });
  // A child that refuses early closes the pipe before everything is written; its answer counts, not the pipe.
  parser.stdin.on("error", () => {});
  parser.stdin.end(bytes);
  let whole = false;
  try {
    for await (const line of linesOf(parser.stdout)) {
      const part = message.parse(JSON.parse(line));
      if ("refused" in part) throw unreadable(part.refused);
      if ("end" in part) whole = true;
      else {
        time.stop();
        yield "file" in part
          ? part
          : {
              rows: part.rows.map(([rowNo, cells, formulas]) =>
                formulas ? { rowNo, cells, formulas } : { rowNo, cells },
              ),
            };
        time.goOn();
      }
    }
    if (!whole) throw endedEarly(await closed, complaint);
  } finally {
    time.stop();
    parser.kill("SIGKILL");
  }
}

/**
 * A time that ends with `over`, and stands still while whoever asked for the rows is busy with them: a slow database is no
 * fault of the file.
 */
function startTime(ms: number, over: () => void): { stop(): void; goOn(): void } {
  let left = ms;
  let since = 0;
  let timer: NodeJS.Timeout;
  const goOn = () => {
    since = performance.now();
    timer = setTimeout(over, left);
  };
  const stop = () => {
    clearTimeout(timer);
    left -= performance.now() - since;
  };
  goOn();
  return { stop, goOn };
}

function startChild(options: ReadOptions, { heapMb, program }: Allowance): ChildProcessWithoutNullStreams {
  const { PATH, TMPDIR, TEMP, SystemRoot } = process.env;
  // The limits by argument and a bare environment: the child holds nothing worth stealing.
  const order = { most: { rows: limits.rows, columns: limits.columns, chars: limits.cellChars }, options };
  // The small young generation costs no time here and saves 30 MB.
  const memory = [`--max-old-space-size=${heapMb}`, "--max-semi-space-size=2"];
  return spawn(process.execPath, [...memory, ...program, JSON.stringify(order)], {
    cwd: folder,
    env: { NODE_ENV: "production", PATH, TMPDIR, TEMP, SystemRoot },
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
}

/** The lines of a stream, which waits while nobody asks for the next; readline would take a thousand in beforehand. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let pieces: string[] = [];
  for await (const piece of stream.setEncoding("utf8")) {
    const lines = String(piece).split("\n");
    for (const [i, text] of lines.entries()) {
      pieces.push(text);
      if (i === lines.length - 1) break;
      yield pieces.join("");
      pieces = [];
    }
  }
}

interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

function endedEarly({ code, signal }: Ending, complaint: string): Error {
  if (signal === "SIGKILL")
    return unreadable(
      "Reading the file took too long. Copy the contacts to a new workbook, or split it, and upload that.",
    );
  // V8 aborts a process whose heap is full.
  if (signal === "SIGABRT" || code === 134 || /heap out of memory/i.test(complaint)) {
    return unreadable(
      "The file needs too much memory to read. Copy the contacts alone to a new workbook, or save it as .csv.",
    );
  }
  return new Error(`the parser ended with ${signal ?? code}: ${complaint.split("\n").at(0)}`);
}

let running = 0;
const waiting: (() => void)[] = [];

async function takeTurn(): Promise<void> {
  if (running < AT_ONCE) running++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}

function endTurn(): void {
  const next = waiting.shift();
  if (next) next();
  else running--;
}
