import { emptyFile, FileRefused } from "./refused.ts";

const magic: readonly [hex: string, kind: string][] = [
  ["7f454c46", "a program"],
  ["cafebabe", "a program"],
  ["25504446", "a PDF"],
  ["ffd8ff", "a picture"],
  ["89504e47", "a picture"],
  ["47494638", "a picture"],
  ["7b5c727466", "an RTF document"],
  ["1f8b", "a compressed archive"],
  ["377abcaf271c", "a compressed archive"],
  ["526172211a07", "a compressed archive"],
];

/** What a file is by its first bytes; its name proves nothing. @throws FileRefused with what it is instead */
export function kindOf(bytes: Buffer): "xlsx" | "csv" {
  if (bytes.length === 0) throw emptyFile();
  const start = bytes.toString("hex", 0, 8);
  if (start.startsWith("504b0304")) return "xlsx";
  if (/^504b(?:0506|0708)/.test(start))
    throw new FileRefused("This is an empty or split ZIP archive. Upload an .xlsx or a .csv file.");
  if (start === "d0cf11e0a1b11ae1") {
    throw new FileRefused(
      "This is an old .xls workbook, or one with a password. Save it as .xlsx without a password and upload that.",
    );
  }
  // A title may begin with MZ too, but text has no zero bytes.
  const program = start.startsWith("4d5a") && bytes.subarray(0, 200).includes(0) ? "a Windows program" : undefined;
  const kind = program ?? magic.find(([hex]) => start.startsWith(hex))?.[1];
  const text = bytes.toString("latin1", 0, 200).replace(/^ï»¿/, "").trimStart().toLowerCase();
  const markup = /^<(?:!doctype|html|table|\?xml|meta)/.test(text) ? "a web page or XML file" : undefined;
  const other = kind ?? markup;
  if (other) throw new FileRefused(`This is ${other}, whatever its name says. Upload an .xlsx or a .csv file.`);
  return "csv";
}
