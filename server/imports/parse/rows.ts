import type { RawRow } from "./cells.ts";

/** What may separate the columns of a text file. */
export const delimiters = [",", ";", "\t", "|"] as const;

/** How a person wants a file to be read; what is missing is found out. */
export interface ReadOptions {
  /** The name of a sheet, of those that may be chosen. */
  sheet?: string | undefined;
  /** One of `delimiters`. */
  delimiter?: string | undefined;
}

/** How a file was read. */
export interface FileFacts {
  /** In words, when that is worth saying: "Windows-1252", "sheet “People”". */
  readAs: string | null;
  /** Names of a workbook's visible sheets; empty for text. */
  sheets: string[];
  /** What separates the columns of a text; null for a workbook. */
  delimiter: string | null;
}

/** An open file; its first row is the header. */
export interface FileRows {
  file: FileFacts;
  rows: Iterable<RawRow>;
}
