import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { connect } from "#db/client.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { copyRows } from "./copy.ts";
import { csvFile, importFile, people, ROWS, type Times, workbookFile } from "./people.ts";

const ROUNDS = 5;
const MAX_RATIO = 10;
const MAX_XLSX_MS = 12_000;
const MAX_XLSX_MB = 200;

/**
 * 100,000 rows from the bytes of the file to contacts on a list (parsed, judged, kept, committed): CSV beside a bare COPY of
 * the same rows into a table with the same unique index, .xlsx against the clock and a limit of memory (of the process that
 * imports, by how much it grew, and of the one that parses for it, all of it).
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  const connection = connect(url, { name: "bench" });
  try {
    const csv = csvFile();
    const xlsx = workbookFile();
    const ours: Times[] = [];
    const sheet: Times[] = [];
    const peer: number[] = [];
    // In turns, so that a busy moment of the machine hits both alike.
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      await copyRows(connection.sql, people);
      peer.push(performance.now() - started);
      ours.push(await importFile(connection, url, "people.csv", csv));
      sheet.push(await importFile(connection, url, "people.xlsx", xlsx));
    }
    const memories: Memory[] = [];
    for (let round = 0; round < ROUNDS; round++) memories.push(await memoryOf(xlsx));
    const grewMb = median(memories.map((each) => each.grewMb));
    const childMb = median(memories.map((each) => each.childMb));
    const whole = ({ staged, read, committed }: Times) => staged + read + committed;
    const ms = { ours: median(ours.map(whole)), peer: median(peer), sheet: median(sheet.map(whole)) };
    const ratio = ms.ours / ms.peer;
    const step = (times: Times[], of: keyof Times) => Math.round(median(times.map((time) => time[of])));
    return {
      name: "import",
      unit: "ms",
      ours: Math.round(ms.ours),
      peer: Math.round(ms.peer),
      ratio: Number(ratio.toFixed(2)),
      ok: ratio <= MAX_RATIO && ms.sheet <= MAX_XLSX_MS && grewMb + childMb < MAX_XLSX_MB,
      rows: [
        { what: `CSV, ${ROWS} rows, end to end, ms`, figure: Math.round(ms.ours), target: `<= ${MAX_RATIO} x COPY` },
        { what: "- taken in", figure: step(ours, "staged"), target: "" },
        { what: "- parsed, judged and kept", figure: step(ours, "read"), target: "" },
        { what: "- committed", figure: step(ours, "committed"), target: "" },
        { what: "COPY of the same rows, ms", figure: Math.round(ms.peer), target: "" },
        { what: `xlsx, ${ROWS} rows, end to end, ms`, figure: Math.round(ms.sheet), target: `<= ${MAX_XLSX_MS}` },
        { what: "- parsed, judged and kept", figure: step(sheet, "read"), target: "" },
        { what: "xlsx: the importing process grew by, MB", figure: grewMb, target: "" },
        { what: "xlsx: and the parsing process took, MB", figure: childMb, target: `together < ${MAX_XLSX_MB}` },
      ],
    };
  } finally {
    await connection.close();
  }
}

const memory = z.object({ grewMb: z.number(), childMb: z.number() });
type Memory = z.infer<typeof memory>;

/** Of an import in a process that did nothing before. */
async function memoryOf(xlsx: Buffer): Promise<Memory> {
  const folder = await mkdtemp(join(tmpdir(), "mass-sender-bench-"));
  try {
    const path = join(folder, "people.xlsx");
    await writeFile(path, xlsx);
    const program = fileURLToPath(new URL("./memory.js", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, path]);
    return memory.parse(JSON.parse(stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
