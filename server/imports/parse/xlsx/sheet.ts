import type { Cell, RawRow } from "../cells.ts";
import { damagedFile, type Limits, tooManyColumns } from "../refused.ts";
import { dateText } from "./styles.ts";
import { XmlScanner } from "./xml.ts";

/** What the cells of every sheet refer to. */
export interface Shared {
  strings: readonly string[];
  /** By style: whether numbers are shown as dates. */
  dates: readonly boolean[];
  /** Days are counted from 1904, as old Macs did. */
  from1904: boolean;
}

const LAST_ROW = 1_048_576;
const NO_RESULT = "#ERROR!";
const EXCEL_ESCAPE = /_x([\da-f]{4})_/gi;
const RUNS = new Set(["r", "t"]);

/** The texts of xl/sharedStrings.xml: formatted pieces joined, reading aids (furigana) left out. @throws FileRefused */
export function sharedStrings(bytes: Buffer): string[] {
  const xml = new XmlScanner(bytes);
  const strings: string[] = [];
  while (xml.next()) if (xml.kind === "open" && xml.name === "si") strings.push(textOf(xml));
  return strings;
}

/**
 * The rows of a sheet that hold something, each cell as the text Excel shows as far as it says something; a number only
 * where the cell holds a number. Of a formula it is the value it had when the file was saved.
 * @throws FileRefused, also while rows are read
 */
export function* sheetRows(bytes: Buffer, shared: Shared, most: Limits): Generator<RawRow> {
  const xml = new XmlScanner(bytes);
  let previous = 0;
  while (xml.next()) {
    if (xml.kind === "close" && xml.name === "sheetData") return;
    if (xml.kind !== "open" || xml.name !== "row") continue;
    // Rows rise; whatever a file says, no two have the same number.
    const said = Number(xml.attribute("r"));
    const rowNo = said > previous && said <= LAST_ROW ? said : previous + 1;
    previous = rowNo;
    const row = readRow(xml, shared, { rowNo, most });
    if (row) yield row;
  }
}

function readRow(xml: XmlScanner, shared: Shared, at: { rowNo: number; most: Limits }): RawRow | null {
  const cells: Cell[] = [];
  const formulas: number[] = [];
  let column = -1;
  while (xml.next() && !(xml.kind === "close" && xml.name === "row")) {
    if (xml.kind !== "open" || xml.name !== "c") continue;
    column = columnOf(xml.attribute("r")) ?? column + 1;
    const { value, formula } = readCell(xml, shared);
    if (typeof value === "string" && value.trim() === "") continue;
    if (column >= at.most.columns) throw tooManyColumns(at.rowNo, column, at.most);
    while (cells.length < column) cells.push("");
    cells[column] = value;
    if (formula) formulas.push(column);
  }
  if (cells.length === 0) return null;
  return formulas.length > 0 ? { rowNo: at.rowNo, cells, formulas } : { rowNo: at.rowNo, cells };
}

/** The column (from 0) of a reference like "AB12". */
function columnOf(reference: string | undefined): number | undefined {
  if (reference === undefined) return undefined;
  let column = 0;
  for (let i = 0; i < reference.length; i++) {
    const letter = reference.charCodeAt(i) & ~0x20;
    if (letter < 0x41 || letter > 0x5a) break;
    column = column * 26 + letter - 0x40;
  }
  return column > 0 ? column - 1 : undefined;
}

function readCell(xml: XmlScanner, shared: Shared): { value: Cell; formula: boolean } {
  const type = xml.attribute("t") ?? "n";
  const style = xml.attribute("s");
  let formula = false;
  let text: string | undefined;
  while (xml.next() && !(xml.kind === "close" && xml.name === "c")) {
    if (xml.kind !== "open") continue;
    if (xml.name === "f") formula = true;
    else if (xml.name === "v") text = xml.text();
    else if (xml.name === "is") text = textOf(xml);
  }
  // Programs that cannot calculate write a formula without its value. An empty text may be one, though.
  if (formula && !text && type !== "str") return { value: NO_RESULT, formula };
  if (text === undefined || text === "") return { value: "", formula };
  const isDate = style !== undefined && shared.dates[Number(style)] === true;
  return { value: cellValue(type, text, isDate, shared), formula };
}

function cellValue(type: string, text: string, isDate: boolean, { strings, from1904 }: Shared): Cell {
  switch (type) {
    case "s": {
      const shared = strings[Number(text)];
      if (shared === undefined) throw damagedFile();
      return shared;
    }
    case "inlineStr":
      return text;
    case "str":
      return plain(text);
    case "e":
      return text;
    case "b":
      return text.trim() === "1" || text.trim() === "true" ? "true" : "false";
    case "d":
      return text.replace(/T(?:00:00(?::00(?:\.0+)?)?Z?)?$/, "").replace(/T(\d\d:\d\d).*$/, " $1");
    default: {
      const number = Number(text);
      if (!Number.isFinite(number)) return NO_RESULT;
      // Excel shows fifteen digits.
      return isDate ? dateText(number, from1904) : Number(number.toPrecision(15));
    }
  }
}

const textOf = (xml: XmlScanner) => plain(xml.text((name) => RUNS.has(name)));

// Excel's way to write a character that XML forbids.
function plain(text: string): string {
  return text.includes("_x")
    ? text.replace(EXCEL_ESCAPE, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
}
