// A process of its own with little memory and no secrets: what a hostile file can reach. It reads the file from standard
// input and writes one JSON value a line: {file}, {rows} many times, {end}; or {refused} at any point.
import { writeSync } from "node:fs";
import type { RawRow } from "../rules.ts";
import { kindOf } from "./kind.ts";
import { FileRefused } from "./refused.ts";

const ROWS_A_LINE = 1_000;

const limitOf = (at: number): number => Number(process.argv[at]);
const maxRows = limitOf(2);
const maxColumns = limitOf(3);
const maxChars = limitOf(4);

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Writes to the pipe until it is taken: a slow reader stops the parser. */
function tell(value: unknown): void {
  let rest = Buffer.from(`${JSON.stringify(value)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSome(rest));
}

function writeSome(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
    throw error;
  }
}

/** One character more than the limit is kept, so that the limit is seen to be broken. */
const cut = (row: RawRow): unknown[] => [
  row.rowNo,
  row.cells.map((cell) => (typeof cell === "string" && cell.length > maxChars ? cell.slice(0, maxChars + 1) : cell)),
];

async function run(): Promise<void> {
  const bytes = await readInput();
  // Only the parser that is needed: loading both would cost a quarter of a second.
  const { readAs, rows } =
    kindOf(bytes) === "xlsx"
      ? await (await import("./xlsx.ts")).readXlsx(bytes, maxColumns)
      : (await import("./csv.ts")).readCsv(bytes, maxColumns);
  tell({ file: { readAs } });
  let count = 0;
  let line: unknown[] = [];
  for await (const row of rows) {
    count++;
    // The first row is the header.
    if (count > maxRows + 1)
      throw new FileRefused(`The file has more than ${maxRows} rows. Split it and import the parts.`);
    line.push(cut(row));
    if (line.length < ROWS_A_LINE) continue;
    tell({ rows: line });
    line = [];
  }
  if (line.length > 0) tell({ rows: line });
  tell({ end: count });
}

try {
  await run();
} catch (error) {
  const why =
    "The file cannot be read. Open it in your spreadsheet program, save it as a new .xlsx or .csv file and upload that.";
  tell({ refused: error instanceof FileRefused ? error.message : why });
  // What the parser said goes to the log; it may quote the file, so only its kind.
  if (!(error instanceof FileRefused)) process.stderr.write(`${error instanceof Error ? error.name : typeof error}\n`);
}
