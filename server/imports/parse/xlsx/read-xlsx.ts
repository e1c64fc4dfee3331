import type { RawRow } from "../cells.ts";
import { FileRefused, type Limits } from "../refused.ts";
import type { FileRows, ReadOptions } from "../rows.ts";
import { sheetRows } from "./sheet.ts";
import { openWorkbook } from "./workbook.ts";

/** Reads the sheet that was chosen, or the first visible one that has rows. @throws FileRefused, also while rows are read */
export function readXlsx(bytes: Buffer, options: ReadOptions, most: Limits): FileRows {
  const { sheets, shared } = openWorkbook(bytes);
  const names = sheets.map(({ name }) => name);
  const chosen = options.sheet === undefined ? sheets : sheets.filter(({ name }) => name === options.sheet);
  if (chosen.length === 0 && options.sheet !== undefined) {
    throw new FileRefused(`The workbook has no visible sheet “${options.sheet}”. It has: ${quoted(names)}.`);
  }
  for (const { name, read } of chosen) {
    const rows = sheetRows(read(), shared, most);
    const first = rows.next();
    if (first.done) continue;
    const readAs = names.length > 1 ? `sheet “${name}”` : null;
    return { file: { readAs, sheets: names, delimiter: null }, rows: withFirst(first.value, rows) };
  }
  throw new FileRefused(
    options.sheet === undefined
      ? "The workbook is empty. Its first row must be: name, phone_e164, consent."
      : `The sheet “${options.sheet}” is empty. The workbook has: ${quoted(names)}.`,
  );
}

const quoted = (names: readonly string[]) => names.map((name) => `“${name}”`).join(", ");

function* withFirst(first: RawRow, rest: Iterable<RawRow>): Generator<RawRow> {
  yield first;
  yield* rest;
}
