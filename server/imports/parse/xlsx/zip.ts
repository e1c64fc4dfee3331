import { crc32, inflateRawSync } from "node:zlib";
import { damagedFile, FileRefused } from "../refused.ts";

/** A file inside a zip archive, as the central directory tells (PKWARE APPNOTE 6.3.10, §4.3.12). */
export interface ZipEntry {
  path: string;
  method: number;
  encrypted: boolean;
  packed: number;
  inflated: number;
  crc: number;
  at: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** Reads the central directory without inflating anything. @throws FileRefused */
export function listEntries(zip: Buffer, maxEntries: number): ZipEntry[] {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > zip.length || zip.readUInt32LE(end) !== END) throw damagedFile();
  const count = zip.readUInt16LE(end + 10);
  if (count > maxEntries)
    throw new FileRefused(
      `The workbook holds ${count} parts; at most ${maxEntries} are read. Save only the sheet with the contacts.`,
    );
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== CENTRAL) throw damagedFile();
    const nameLength = zip.readUInt16LE(at + 28);
    entries.push({
      path: zip
        .toString("utf8", at + 46, at + 46 + nameLength)
        .replaceAll("\\", "/")
        .replace(/^\//, ""),
      method: zip.readUInt16LE(at + 10),
      encrypted: (zip.readUInt16LE(at + 8) & 1) === 1,
      packed: zip.readUInt32LE(at + 20),
      inflated: zip.readUInt32LE(at + 24),
      crc: zip.readUInt32LE(at + 16),
      at: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

/**
 * Inflates one entry, at most `maxBytes` of it: what the directory says of its size is not believed. An entry of another
 * size or checksum than it says is damaged, so that no row is lost in silence.
 * @throws FileRefused
 */
export function inflate(zip: Buffer, entry: ZipEntry, maxBytes: number): Buffer {
  const data = unpack(zip, entry, maxBytes);
  if (data.length !== entry.inflated || crc32(data) !== entry.crc) throw damagedFile();
  return data;
}

function unpack(zip: Buffer, entry: ZipEntry, maxBytes: number): Buffer {
  if (entry.encrypted)
    throw new FileRefused("The workbook is protected by a password. Save a copy without one and upload that.");
  if (entry.at + 30 > zip.length || zip.readUInt32LE(entry.at) !== LOCAL) throw damagedFile();
  const start = entry.at + 30 + zip.readUInt16LE(entry.at + 26) + zip.readUInt16LE(entry.at + 28);
  const packed = zip.subarray(start, start + entry.packed);
  if (packed.length !== entry.packed) throw damagedFile();
  if (entry.method === 0 && packed.length <= maxBytes) return packed;
  if (entry.method === 0) throw tooBig();
  if (entry.method !== 8) throw damagedFile();
  try {
    const maxOutputLength = Math.max(1, maxBytes);
    // In one piece, if the directory is right about the size; pieces would be copied together at the end.
    const chunkSize = Math.max(1024, Math.min(entry.inflated, maxOutputLength) + 1);
    return inflateRawSync(packed, { maxOutputLength, chunkSize });
  } catch (error) {
    throw error instanceof RangeError ? tooBig() : damagedFile();
  }
}

/** Said of an archive that inflates to far more than contacts could need. */
export function tooBig(): FileRefused {
  return new FileRefused(
    "The workbook unpacks to far more than its size suggests. Copy the contacts to a new workbook and upload that.",
  );
}
