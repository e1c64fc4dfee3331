import Papa from "papaparse";
import type { RawRow } from "./cells.ts";
import { emptyFile, FileRefused, type Limits, tooManyColumns, tooManyRows } from "./refused.ts";
import { delimiters, type FileRows, type ReadOptions } from "./rows.ts";

/**
 * Reads comma-, semicolon-, tab- or bar-separated text in UTF-8, UTF-16 or Windows-1252.
 * A file whose first row has one column only is read as such while nobody chose the separator: a person looks at it, and may
 * choose another.
 * @throws FileRefused, also when the separator that was chosen gives one column
 */
export function readCsv(bytes: Buffer, options: ReadOptions, most: Limits): FileRows {
  const { text, encoding } = decode(bytes);
  // One kind of line end, because the parser would take the first kind it meets for the only one.
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  // Excel's own hint on the first line.
  const hint = /^sep=(.)\n/i.exec(lines);
  const rows: RawRow[] = [];
  let rowNo = hint ? 1 : 0;
  let delimiter = "";
  Papa.parse<string[]>(hint ? lines.slice(hint[0].length) : lines, {
    delimiter: chosen(options.delimiter) ?? hint?.[1] ?? "",
    delimitersToGuess: [...delimiters],
    newline: "\n",
    // Row by row, so that the first thing wrong with a large file ends it.
    step: ({ data: cells, errors, meta }) => {
      rowNo++;
      delimiter = meta.delimiter;
      if (errors.some((error) => error.type === "Quotes")) throw openQuote(rowNo);
      const last = cells.findLastIndex((cell) => cell.trim() !== "");
      if (last < 0) return;
      if (last === 0 && rows.length === 0 && (options.delimiter !== undefined || noTitles(lines)))
        throw oneColumn(cells[0] ?? "", delimiter);
      if (last >= most.columns) throw tooManyColumns(rowNo, last, most);
      rows.push({ rowNo, cells: cells.slice(0, last + 1) });
      if (rows.length > most.rows + 1) throw tooManyRows(most);
    },
  });
  if (rows.length === 0) throw emptyFile();
  return { file: { readAs: encoding === "UTF-8" ? null : encoding, sheets: [], delimiter }, rows };
}

const openQuote = (rowNo: number) =>
  new FileRefused(
    `In row ${rowNo} a quotation mark is opened and not closed properly. Mend or remove it; within a quoted cell write it twice.`,
  );

function chosen(delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiters.some((known) => known === delimiter)) return delimiter;
  throw new FileRefused("Columns can be separated by a comma, a semicolon, a tab or a bar.");
}

/** No titles are longer, with whatever between them. */
const TITLES_AT_MOST = 10_000;
const CONTROL = /[^\P{Cc}\t\n]/u;

/** Whether a file without separators has no titles either: it begins with a line without end, or is no text. */
function noTitles(lines: string): boolean {
  const start = lines.trimStart().slice(0, TITLES_AT_MOST);
  return CONTROL.test(start) || (start.length === TITLES_AT_MOST && !start.includes("\n"));
}

function oneColumn(title: string, delimiter: string): FileRefused {
  const found = `Read with ${NAMES[delimiter] ?? `"${delimiter}"`} between the columns, the first row has one column only`;
  return new FileRefused(
    `${found}: "${title.trim().slice(0, 60)}". Choose what separates the columns; the first row must name them: name, phone_e164, consent.`,
  );
}

const NAMES: Readonly<Record<string, string>> = {
  ",": "a comma",
  ";": "a semicolon",
  "\t": "a tab",
  "|": "a bar",
};

type Encoding = "UTF-8" | "UTF-8 with damaged letters" | "UTF-16" | "Windows-1252";

/** @throws FileRefused when it is not text */
function decode(bytes: Buffer): { text: string; encoding: Encoding } {
  const utf16 = utf16Order(bytes);
  if (utf16) return { text: new TextDecoder(utf16).decode(bytes), encoding: "UTF-16" };
  if (bytes.includes(0)) throw new FileRefused("This is not a text file. Upload an .xlsx or a .csv file.");
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "UTF-8" };
  } catch {
    const marked = bytes.toString("hex", 0, 3) === "efbbbf";
    return marked
      ? { text: new TextDecoder("utf-8").decode(bytes), encoding: "UTF-8 with damaged letters" }
      : { text: new TextDecoder("windows-1252").decode(bytes), encoding: "Windows-1252" };
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
