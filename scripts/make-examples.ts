import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ExcelJS from "exceljs";
import { CSV_BOM } from "#server/csv.ts";

// Writes examples/classmates.xlsx and examples/classmates.csv: what the demo, the README and the browser test import.

const header = ["name", "phone_e164", "consent", "class", "city"];

/** Twelve people who agreed. The numbers are of a form that exists; the zeros make them easy to tell from real ones. */
const agreed = [
  ["Ayu Lestari", "+6281200000001", "yes", "3A", "Bandung"],
  ["Bima Saputra", "+6281200000002", "yes", "3A", "Jakarta"],
  ["Citra Dewi", "+62 812-0000-0003", "ya", "3A", "Surabaya"],
  ["Dimas Pratama", "+6281200000004", "yes", "3B", "Bandung"],
  ["Eka Putri", "+6281200000005", "yes", "3B", "Yogyakarta"],
  ["Fajar Nugroho", "+6281200000006", "Y", "3B", "Jakarta"],
  ["Gita Ramadhani", "+6281200000007", "yes", "3B", "Semarang"],
  ["Hadi Wijaya", "+6281200000008", "TRUE", "3C", "Medan"],
  ["Indah Permata", "+6281200000009", "yes", "3C", "Denpasar"],
  ["Joko Susilo", "+6281200000010", "yes", "3C", "Jakarta"],
  ["Kartika Sari", "+6281200000011", "ya", "3D", "Malang"],
  ["Łukasz O’Brien", "+6281200000012", "yes", "3D", "Bandung"],
];

/** Rows that are refused, each for another reason. */
const refused = [
  ["Maya Anggraini", "+6281200000013", "no", "3A", "Jakarta"],
  ["Nanda Kusuma", "+6281200000014", "", "3B", "Jakarta"],
  ["Ayu L.", "+6281200000001", "yes", "3A", "Bandung"],
  ["Putra Mahendra", "6281200000015", "yes", "3C", "Bogor"],
  ["Qori Amalia", "+62812", "yes", "3D", "Depok"],
];

const rows = [header, ...agreed, ...refused];
const fileAt = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

const workbook = new ExcelJS.Workbook();
// A fixed date, so that making the file again gives the same bytes.
workbook.created = workbook.modified = new Date("2026-01-01T00:00:00Z");
const sheet = workbook.addWorksheet("Classmates");
for (const row of rows) sheet.addRow(row);
sheet.getRow(1).font = { bold: true };
// Text, or a spreadsheet takes the + away as soon as somebody edits a number.
sheet.getColumn(2).numFmt = "@";
for (const [index, width] of [20, 20, 10, 8, 14].entries()) sheet.getColumn(index + 1).width = width;

await workbook.xlsx.writeFile(fileAt("classmates.xlsx"));
writeFileSync(fileAt("classmates.csv"), `${CSV_BOM}${rows.map((row) => row.join(",")).join("\r\n")}\r\n`);
console.log(`Wrote ${rows.length - 1} rows to examples/classmates.xlsx and examples/classmates.csv.`);
