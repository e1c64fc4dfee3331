/** A cell of a file: a number only where the spreadsheet itself kept a number. */
export type Cell = string | number;

/** A row as it stands in the file. `rowNo` is the one a spreadsheet shows. */
export interface RawRow {
  rowNo: number;
  cells: readonly Cell[];
  /** Positions (from 0) of the cells whose value is what a formula gave when the file was saved. */
  formulas?: readonly number[];
}

// Postgres keeps no NUL, and the other control characters show nowhere.
const CONTROL = /(?![\t\n])[\p{Cc}\uFEFF\uFFFE\uFFFF]/gu;
const PLAIN = /^[ -~]*$/;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** What a person sees in the cell: trimmed, without control characters or halves of characters. */
export function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  // Most cells hold nothing to take out, and files have a million of them.
  if (PLAIN.test(cell)) return cell.trim();
  return cell.replace(CONTROL, "").replace(LONE_SURROGATE, "\uFFFD").trim();
}
