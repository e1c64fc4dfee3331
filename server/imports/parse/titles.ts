import { type Cell, cellText } from "./cells.ts";

/** Columns that the list of refused rows adds; when the mended file comes back they are not attributes. */
export const REPORT_COLUMNS = ["import_row", "import_column", "import_reason"] as const;

/** The first row of a file as titles. */
export function titlesOf(cells: readonly Cell[]): string[] {
  return cells.map((cell) => cellText(cell).slice(0, 100));
}

/** The name of an attribute as a template writes it: `{{class_of}}` for "Class of". Empty when nothing is left. */
export function attributeName(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 60);
}

/** Titles that mean the same, with their positions. */
export function repeated(titles: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [at, title] of titles.entries()) {
    const plain = attributeName(title);
    if (plain !== "") positions.set(plain, [...(positions.get(plain) ?? []), at]);
  }
  return new Map([...positions].filter(([, at]) => at.length > 1));
}

/** The letters a spreadsheet shows above a column (from 0). */
export const columnLetter = (at: number): string =>
  at < 26 ? String.fromCharCode(65 + at) : columnLetter(Math.floor(at / 26) - 1) + columnLetter(at % 26);

/** A title as people say it: without capitals and punctuation. */
export function spoken(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
