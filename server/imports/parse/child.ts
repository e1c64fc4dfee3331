// A process of its own with little memory and no secrets: what a hostile file can reach. It reads the file from standard
// input and writes one JSON value a line: {file}, {rows} many times, {end}; or {refused} at any point. A row is its number,
// its cells and, where there are any, the positions of its formulas.
import { once } from "node:events";
import type { RawRow } from "./cells.ts";
import { kindOf } from "./kind.ts";
import { FileRefused, type Limits, tooManyRows } from "./refused.ts";
import type { FileRows, ReadOptions } from "./rows.ts";

const ROWS_A_LINE = 1_000;

/** What the one argument says. */
interface Order {
  most: Limits & { chars: number };
  options: ReadOptions;
}

// Written by read-file.ts, as it stands there.
const { most, options }: Order = JSON.parse(process.argv[2] ?? "");

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Waits until the reader takes it: a slow reader stops the parser. */
async function tell(value: unknown): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(value)}\n`)) await once(process.stdout, "drain");
}

/** One character more than the limit is kept, so that the limit is seen to be broken. */
function cut({ rowNo, cells, formulas }: RawRow): unknown[] {
  const short = cells.map((cell) =>
    typeof cell === "string" && cell.length > most.chars ? cell.slice(0, most.chars + 1) : cell,
  );
  return formulas ? [rowNo, short, formulas] : [rowNo, short];
}

// Only the parser that is needed is loaded.
async function open(bytes: Buffer): Promise<FileRows> {
  if (kindOf(bytes) === "xlsx") return (await import("./xlsx/read-xlsx.ts")).readXlsx(bytes, options, most);
  return (await import("./csv.ts")).readCsv(bytes, options, most);
}

async function run(): Promise<void> {
  const { file, rows } = await open(await readInput());
  await tell({ file });
  let count = 0;
  let line: unknown[] = [];
  for (const row of rows) {
    count++;
    // The first row is the header.
    if (count > most.rows + 1) throw tooManyRows(most);
    line.push(cut(row));
    if (line.length < ROWS_A_LINE) continue;
    await tell({ rows: line });
    line = [];
  }
  if (line.length > 0) await tell({ rows: line });
  await tell({ end: count });
}

try {
  await run();
} catch (error) {
  const why =
    "The file cannot be read. Open it in your spreadsheet program, save it as a new .xlsx or .csv file and upload that.";
  await tell({ refused: error instanceof FileRefused ? error.message : why });
  // What the parser said goes to the log; it may quote the file, so only its kind.
  if (!(error instanceof FileRefused)) process.stderr.write(`${error instanceof Error ? error.name : typeof error}\n`);
}
