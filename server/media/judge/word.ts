import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import { listEntries, type ZipEntry } from "../../imports/parse/xlsx/zip.ts";
import { refused } from "./refused.ts";

const inflate = promisify(inflateRaw);

/** Real documents have some hundred parts and unpack to a few times their size. */
const MOST = { entries: 5_000, bytes: 100 * 1024 * 1024, ratio: 200 };

const damaged = () =>
  refused("This document is damaged or not complete. Open it in Word, save it anew, and choose that.");
const macros = () => refused("This document has macros in it. Save a copy without macros, and choose that.");
const notWord = (what: string) =>
  refused(
    `The name says that this is a Word document, but its content is ${what}. Save it anew in Word, and choose that.`,
  );

/**
 * Looks into a .docx: a ZIP archive with a Word document in it, without macros, that unpacks to what it says and to no more
 * than a document can be (ECMA-376 part 2). @throws DomainError media_refused
 */
export async function judgeDocx(bytes: Buffer): Promise<void> {
  const entries = entriesOf(bytes);
  const names = new Set(entries.map(({ path }) => path.toLowerCase()));
  if (!names.has("[content_types].xml") || !names.has("word/document.xml")) throw notWord("a ZIP archive");
  if ([...names].some((name) => name.endsWith("vbaproject.bin"))) throw macros();
  const total = entries.reduce((sum, { inflated }) => sum + inflated, 0);
  if (total > MOST.bytes || total > Math.max(bytes.length, 64 * 1024) * MOST.ratio) throw bomb();
  for (const entry of entries) await checkSize(bytes, entry);
}

function entriesOf(bytes: Buffer): ZipEntry[] {
  try {
    return listEntries(bytes, MOST.entries);
  } catch {
    throw damaged();
  }
}

const bomb = () =>
  refused(
    "This document unpacks to far more than its size suggests. Copy its content to a new document, and choose that.",
  );

/** What the directory says of a part's size is not believed: it is unpacked, no further than it said. */
async function checkSize(bytes: Buffer, entry: ZipEntry): Promise<void> {
  const header = entry.at + 30;
  if (entry.encrypted || header > bytes.length) throw damaged();
  const start = header + bytes.readUInt16LE(entry.at + 26) + bytes.readUInt16LE(entry.at + 28);
  const packed = bytes.subarray(start, start + entry.packed);
  if (packed.length !== entry.packed) throw damaged();
  if (entry.method === 0 ? packed.length === entry.inflated : entry.inflated === 0 && packed.length <= 2) return;
  if (entry.method !== 8) throw damaged();
  const unpacked = await inflate(packed, { maxOutputLength: entry.inflated + 1 }).catch((error: unknown) => {
    throw error instanceof RangeError ? bomb() : damaged();
  });
  if (unpacked.length !== entry.inflated) throw damaged();
}

const FREE = 0xfffffffa;
const STREAM = 2;

/**
 * Looks into a .doc: a compound file with a stream "WordDocument" in it and no macros ([MS-CFB] 2.2, 2.3, 2.6; [MS-DOC] 2.1).
 * @throws DomainError media_refused
 */
export function judgeDoc(bytes: Buffer): void {
  const entries = readDirectory(bytes);
  if (!entries) throw damaged();
  if (!entries.some(({ name, type }) => type === STREAM && name === "WordDocument"))
    throw notWord("another kind of Office file");
  if (entries.some(({ name }) => name === "Macros" || name === "_VBA_PROJECT")) throw macros();
}

/** The names in a compound file; null when it is not whole. */
function readDirectory(bytes: Buffer): { name: string; type: number }[] | null {
  const shift = bytes.length < 512 ? 0 : bytes.readUInt16LE(30);
  if (shift !== 9 && shift !== 12) return null;
  const size = 1 << shift;
  const sector = (n: number) => {
    const found = bytes.subarray((n + 1) * size, (n + 2) * size);
    return found.length === size ? found : null;
  };
  const table = tableSectors(bytes, sector, size);
  const entries: { name: string; type: number }[] = [];
  let next = bytes.readUInt32LE(48);
  // A chain that goes in circles is as long as the file at most.
  for (let left = bytes.length / size; next < FREE; left--) {
    const here = sector(next);
    if (!here || left < 0) return null;
    for (let at = 0; at < size; at += 128) {
      const length = Math.min(64, Math.max(2, here.readUInt16LE(at + 64))) - 2;
      entries.push({ name: here.toString("utf16le", at, at + length), type: here.readUInt8(at + 66) });
    }
    const part = sector(table[next >>> (shift - 2)] ?? FREE);
    if (!part) return null;
    next = part.readUInt32LE((next & (size / 4 - 1)) * 4);
  }
  return entries;
}

/** The sectors that hold the table of sectors: 109 are named in the header, more in a chain of their own. */
function tableSectors(bytes: Buffer, sector: (n: number) => Buffer | null, size: number): number[] {
  const numbers = Array.from({ length: 109 }, (_, i) => bytes.readUInt32LE(76 + 4 * i));
  let next = bytes.readUInt32LE(68);
  for (let left = bytes.length / size; next < FREE && left > 0; left--) {
    const here = sector(next);
    if (!here) break;
    for (let at = 0; at < size - 4; at += 4) numbers.push(here.readUInt32LE(at));
    next = here.readUInt32LE(size - 4);
  }
  return numbers.filter((n) => n < FREE);
}
