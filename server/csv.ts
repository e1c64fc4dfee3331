/** Excel takes a file without this mark for the system's old code page. */
export const CSV_BOM = "\uFEFF";

// A spreadsheet runs a cell that begins with one of these as a formula (OWASP, CSV injection), also after spaces.
const FORMULA_START = /^[\s\uFEFF]*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** A text that stays one: what a spreadsheet would run as a formula gets a leading apostrophe. */
export function guarded(text: string): string {
  return FORMULA_START.test(text) ? `'${text}` : text;
}

/** One quoted cell, guarded against being run as a formula. */
export function csvCell(value: string | number | boolean | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return `"${(typeof value === "number" ? text : guarded(text)).replaceAll('"', '""')}"`;
}

/** One line with its ending, as RFC 4180 has it. */
export function csvLine(values: readonly (string | number | boolean | null | undefined)[]): string {
  return `${values.map(csvCell).join(",")}\r\n`;
}

/** The text of a cell that `csvCell` may have guarded. */
export function withoutGuard(text: string): string {
  return text.startsWith("'") && FORMULA_START.test(text.slice(1)) ? text.slice(1) : text;
}

/** Words a moment in a zone, for files: "2026-11-22 14:05:31 GMT+07:00". */
export function momentInFiles(timeZone: string): (at: Date) => string {
  // Swedish writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  // Its minus is a typographical one.
  return (at) => format.format(at).replace("\u2212", "-");
}
