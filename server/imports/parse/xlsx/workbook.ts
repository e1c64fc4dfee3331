import { posix } from "node:path";
import { damagedFile, FileRefused } from "../refused.ts";
import { type Shared, sharedStrings } from "./sheet.ts";
import { dateStyles } from "./styles.ts";
import { XmlScanner } from "./xml.ts";
import { inflate, listEntries, tooBig, type ZipEntry } from "./zip.ts";

const MAX_ENTRIES = 64;
const MAX_INFLATED = 50 * 1024 * 1024;
const MAX_RATIO = 100;
// Below it a high ratio is only a file of much the same.
const RATIO_FROM = 1024 * 1024;

/** An open workbook. Its parts are inflated when they are read, all of them together up to 50 MB. */
export interface Workbook {
  /** Visible sheets with cells, in the order of their tabs. */
  sheets: { name: string; read: () => Buffer }[];
  shared: Shared;
}

/** Opens a workbook (ECMA-376, an archive of XML parts) after a look at the archive's directory. @throws FileRefused */
export function openWorkbook(bytes: Buffer): Workbook {
  const entries = listEntries(bytes, MAX_ENTRIES);
  if (entries.reduce((sum, entry) => sum + entry.inflated, 0) > MAX_INFLATED) throw tooBig();
  let left = MAX_INFLATED;
  const read = (path: string): Buffer | undefined => {
    const entry = entries.find((other) => other.path.toLowerCase() === path.toLowerCase());
    if (!entry) return undefined;
    const data = inflate(bytes, entry, left);
    left -= data.length;
    if (data.length > RATIO_FROM && data.length > MAX_RATIO * entry.packed) throw tooBig();
    return data;
  };

  const workbook = read("xl/workbook.xml");
  if (!workbook)
    throw new FileRefused(`This is ${kindOfArchive(entries)}, not an Excel workbook. Upload an .xlsx or a .csv file.`);
  const relations = read("xl/_rels/workbook.xml.rels");
  const { sheets, from1904 } = visibleSheets(workbook, relations ? sheetFiles(relations) : new Map());
  const strings = read("xl/sharedStrings.xml");
  const styles = read("xl/styles.xml");
  return {
    sheets: sheets.map(({ name, path }) => ({
      name,
      read: () => {
        const sheet = read(path);
        if (!sheet) throw damagedFile();
        return sheet;
      },
    })),
    shared: { strings: strings ? sharedStrings(strings) : [], dates: styles ? dateStyles(styles) : [], from1904 },
  };
}

function kindOfArchive(entries: readonly ZipEntry[]): string {
  if (entries.some((entry) => entry.path.startsWith("word/"))) return "a Word document";
  if (entries.some((entry) => entry.path.startsWith("ppt/"))) return "a PowerPoint presentation";
  if (entries.some((entry) => entry.path === "content.xml")) return "an OpenDocument file";
  if (entries.some((entry) => entry.path === "xl/workbook.bin")) return "a binary workbook (.xlsb)";
  if (entries.some((entry) => entry.path.endsWith(".iwa"))) return "a Numbers document";
  return "a ZIP archive";
}

/** Of each relation its part; those that are no sheet of cells (a chart, a dialogue) are left out. */
function sheetFiles(relations: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const xml = new XmlScanner(relations);
  while (xml.next()) {
    if (xml.kind !== "open" || xml.name !== "Relationship") continue;
    const target = xml.attribute("Target") ?? "";
    const type = xml.attribute("Type");
    if (type !== undefined && !type.endsWith("/worksheet")) continue;
    files.set(xml.attribute("Id") ?? "", target.startsWith("/") ? target.slice(1) : posix.join("xl", target));
  }
  return files;
}

function visibleSheets(workbook: Buffer, files: ReadonlyMap<string, string>) {
  const sheets: { name: string; path: string }[] = [];
  let from1904 = false;
  const xml = new XmlScanner(workbook);
  while (xml.next()) {
    if (xml.kind !== "open") continue;
    if (xml.name === "workbookPr") from1904 = /^(?:1|true)$/.test(xml.attribute("date1904") ?? "");
    if (xml.name !== "sheet") continue;
    const path = files.get(xml.attribute("id") ?? "");
    const hidden = /^(?:veryH|h)idden$/.test(xml.attribute("state") ?? "");
    if (path !== undefined && !hidden) sheets.push({ name: xml.attribute("name") ?? "", path });
  }
  return { sheets, from1904 };
}
