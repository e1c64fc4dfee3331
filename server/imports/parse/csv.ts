import Papa from "papaparse";
import type { RawRow } from "../rules.ts";
import { FileRefused } from "./refused.ts";

/** Rows of a text file, and how it was read when that is not plain UTF-8. */
export interface TextRows {
  readAs: string | null;
  rows: Iterable<RawRow>;
}

const DELIMITERS = [",", ";", "\t", "|"];

/** Reads comma-, semicolon-, tab- or bar-separated text in UTF-8, UTF-16 or Windows-1252. @throws FileRefused */
export function readCsv(bytes: Buffer, maxColumns: number): TextRows {
  const { text, encoding } = decode(bytes);
  // One kind of line end, because the parser would take the first kind it meets for the only one.
  const lines = text.replace(/\r\n?/g, "\n");
  // Excel's own hint on the first line.
  const hint = /^sep=(.)\n/i.exec(lines);
  const { data, errors } = Papa.parse<string[]>(hint ? lines.slice(hint[0].length) : lines, {
    delimiter: hint?.[1] ?? "",
    delimitersToGuess: DELIMITERS,
    newline: "\n",
  });
  const quotes = errors.find((error) => error.type === "Quotes");
  const skipped = hint ? 1 : 0;
  if (quotes) {
    const row = (quotes.row ?? 0) + 1 + skipped;
    throw new FileRefused(
      `In row ${row} a quotation mark is opened and not closed properly. Mend or remove it; within a quoted cell write it twice.`,
    );
  }
  return { readAs: encoding === "UTF-8" ? null : encoding, rows: rowsOf(data, skipped, maxColumns) };
}

function* rowsOf(data: string[][], skipped: number, maxColumns: number): Generator<RawRow> {
  for (const [index, cells] of data.entries()) {
    if (cells.every((cell) => cell.trim() === "")) continue;
    const rowNo = index + 1 + skipped;
    const last = cells.findLastIndex((cell) => cell.trim() !== "");
    if (last >= maxColumns)
      throw new FileRefused(`Row ${rowNo} has a cell in column ${last + 1}; at most ${maxColumns} columns are read.`);
    yield { rowNo, cells: cells.slice(0, last + 1) };
  }
}

/** @throws FileRefused when it is not text */
export function decode(bytes: Buffer): { text: string; encoding: "UTF-8" | "UTF-16" | "Windows-1252" } {
  const utf16 = utf16Order(bytes);
  if (utf16) return { text: new TextDecoder(utf16).decode(bytes), encoding: "UTF-16" };
  if (bytes.includes(0)) throw new FileRefused("This is not a text file. Upload an .xlsx or a .csv file.");
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "UTF-8" };
  } catch {
    return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "Windows-1252" };
  }
}

// By its mark, or by where the zero bytes of its Latin letters are.
function utf16Order(bytes: Buffer): "utf-16le" | "utf-16be" | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const start = bytes.subarray(0, 1000);
  const zeros = [0, 0];
  for (const [at, byte] of start.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > start.length * 0.3 && even === 0) return "utf-16le";
  if (even > start.length * 0.3 && odd === 0) return "utf-16be";
  return null;
}
