import { isAscii } from "node:buffer";
import { posix } from "node:path";
import { damagedFile, FileRefused } from "./refused.ts";
import { inflate, listEntries, storeEntries, tooBig, type ZipEntry } from "./zip.ts";

const MAX_ENTRIES = 64;
const MAX_INFLATED = 50 * 1024 * 1024;
const MAX_RATIO = 100;
// Below it a high ratio is only a file of much the same.
const RATIO_FROM = 1024 * 1024;

/** A workbook whose parts were checked: an archive to read rows from, and its visible sheets in the order of their tabs. */
export interface CheckedWorkbook {
  archive: Buffer;
  sheets: string[];
}

/**
 * Checks a workbook before any parser sees it (entries, really inflated bytes, ratio, DTDs) and packs the parts that hold
 * cells anew: sheets in the order of their tabs, after the strings they use. The XML is made plain ASCII on the way, because
 * exceljs decodes each chunk for itself and breaks a character that two chunks share.
 * @throws FileRefused
 */
export function checkWorkbook(bytes: Buffer): CheckedWorkbook {
  const entries = listEntries(bytes, MAX_ENTRIES);
  const part = (path: string) => entries.find((entry) => entry.path.toLowerCase() === path.toLowerCase());
  const workbook = part("xl/workbook.xml");
  if (!workbook)
    throw new FileRefused(`This is ${kindOfArchive(entries)}, not an Excel workbook. Upload an .xlsx or a .csv file.`);
  if (entries.reduce((sum, entry) => sum + entry.inflated, 0) > MAX_INFLATED) throw tooBig();

  let left = MAX_INFLATED;
  const read = (entry: ZipEntry): Buffer => {
    const data = inflate(bytes, entry, left);
    left -= data.length;
    if (data.length > RATIO_FROM && data.length > MAX_RATIO * entry.packed) throw tooBig();
    const text = data.toString("latin1");
    if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
      throw new FileRefused(
        "The workbook holds definitions that Excel never writes. Copy the contacts to a new workbook and upload that.",
      );
    }
    return asAscii(data);
  };

  const book = read(workbook);
  const relations = part("xl/_rels/workbook.xml.rels");
  const links = relations ? read(relations) : Buffer.from("<Relationships/>");
  const files = [
    { path: "xl/_rels/workbook.xml.rels", data: links },
    { path: "xl/workbook.xml", data: book },
  ];
  const strings = part("xl/sharedStrings.xml");
  files.push({ path: "xl/sharedStrings.xml", data: strings ? withoutPhonetics(read(strings)) : Buffer.from("<sst/>") });
  const styles = part("xl/styles.xml");
  if (styles) files.push({ path: "xl/styles.xml", data: read(styles) });
  const sheets = visibleSheets(book.toString("latin1"), links.toString("latin1"));
  for (const [index, sheet] of sheets.entries()) {
    const entry = part(sheet.path);
    if (!entry) throw damagedFile();
    files.push({ path: `xl/worksheets/sheet${index + 1}.xml`, data: joinRuns(read(entry)) });
  }
  return { archive: Buffer.concat([...storeEntries(files)]), sheets: sheets.map((sheet) => sheet.name) };
}

function kindOfArchive(entries: readonly ZipEntry[]): string {
  if (entries.some((entry) => entry.path.startsWith("word/"))) return "a Word document";
  if (entries.some((entry) => entry.path === "content.xml")) return "an OpenDocument file";
  if (entries.some((entry) => entry.path === "xl/workbook.bin")) return "a binary workbook (.xlsb)";
  return "a ZIP archive";
}

/** XML with every character outside ASCII as a numeric reference, which means the same. */
function asAscii(xml: Buffer): Buffer {
  if (isAscii(xml)) return xml;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parts: Buffer[] = [];
  try {
    for (let at = 0; at < xml.length; at += 1 << 20) {
      const text = decoder.decode(xml.subarray(at, at + (1 << 20)), { stream: at + (1 << 20) < xml.length });
      parts.push(
        Buffer.from(
          text.replace(/\P{ASCII}/gu, (char) => `&#${char.codePointAt(0)};`),
          "latin1",
        ),
      );
    }
  } catch {
    throw damagedFile();
  }
  return Buffer.concat(parts);
}

// exceljs would put the reading aid (furigana) in the place of the text itself.
function withoutPhonetics(xml: Buffer): Buffer {
  if (!xml.includes("<rPh")) return xml;
  return Buffer.from(xml.toString("latin1").replace(/<rPh\b[\s\S]*?<\/rPh>/g, ""), "latin1");
}

// exceljs keeps the last piece alone of a text that is written in the cell and formatted in pieces.
function joinRuns(xml: Buffer): Buffer {
  if (!/<is>\s*<r>/.test(xml.toString("latin1"))) return xml;
  const joined = xml.toString("latin1").replace(/<is>([\s\S]*?)<\/is>/g, (_, inner: string) => {
    const texts = [...inner.replace(/<rPh\b[\s\S]*?<\/rPh>/g, "").matchAll(/<t\b[^>]*>([\s\S]*?)<\/t>/g)];
    return `<is><t>${texts.map(([, text]) => text).join("")}</t></is>`;
  });
  return Buffer.from(joined, "latin1");
}

function visibleSheets(book: string, links: string): { name: string; path: string }[] {
  const targets = new Map<string, string>();
  for (const [, text = ""] of links.matchAll(/<(?:\w+:)?Relationship\s([^>]*)>/g)) {
    targets.set(attribute(text, "Id"), attribute(text, "Target"));
  }
  const sheets: { name: string; path: string }[] = [];
  for (const [, text = ""] of book.matchAll(/<(?:\w+:)?sheet\s([^>]*)>/g)) {
    const target = targets.get(attribute(text, "\\w+:id"));
    const state = attribute(text, "state");
    if (!target || state === "hidden" || state === "veryHidden") continue;
    const path = target.startsWith("/") ? target.slice(1) : posix.join("xl", target);
    sheets.push({ name: attribute(text, "name"), path });
  }
  return sheets;
}

function attribute(text: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(text);
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return (value?.[1] ?? value?.[2] ?? "").replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (all, dec, hex, word) => {
    if (dec || hex) return String.fromCodePoint(Math.min(dec ? Number(dec) : Number.parseInt(hex, 16), 0x10ffff));
    return named[word] ?? all;
  });
}
