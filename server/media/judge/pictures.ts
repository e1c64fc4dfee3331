import sharp from "sharp";
import { mediaLimits } from "../rules.ts";
import { refused } from "./refused.ts";

/** Of the picture on our screens; what WhatsApp gets beside the file is made smaller still. */
const THUMBNAIL_PX = 320;

export interface Picture {
  width: number;
  height: number;
  /** A small JPEG. */
  thumbnail: Buffer;
}

/**
 * Looks at all of a picture: it is decoded to its last pixel, and nothing may stand behind its end, where another file could
 * hide. @throws DomainError media_refused
 */
export async function judgePicture(bytes: Buffer, type: "image/png" | "image/jpeg"): Promise<Picture> {
  const end = type === "image/png" ? endOfPng(bytes) : endOfJpeg(bytes);
  if (end === null) throw damaged();
  if (end < bytes.length) {
    throw refused(
      "Something else is attached to this picture, such as a film or another file. Save it anew as a plain picture and choose that.",
    );
  }
  // At "warning" a picture with an odd colour profile would be refused too.
  const options = { failOn: "error", limitInputPixels: mediaLimits.pixels, sequentialRead: true } as const;
  const {
    width,
    height,
    orientation = 1,
  } = await sharp(bytes, { ...options, limitInputPixels: false })
    .metadata()
    .catch(() => {
      throw damaged();
    });
  if (width * height > mediaLimits.pixels) {
    throw refused(
      `This picture has ${Math.round((width * height) / 1_000_000)} million pixels; at most ${mediaLimits.pixels / 1_000_000} million can be sent. Make it smaller, then choose it again.`,
    );
  }
  const thumbnail = await sharp(bytes, options)
    .autoOrient()
    .resize({ width: THUMBNAIL_PX, height: THUMBNAIL_PX, fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#ffffff" })
    .jpeg({ quality: 70 })
    .toBuffer()
    .catch(() => {
      throw damaged();
    });
  // From 5 on the picture lies on its side (EXIF 2.32, Orientation).
  return orientation >= 5 ? { width: height, height: width, thumbnail } : { width, height, thumbnail };
}

const damaged = () =>
  refused("This picture is damaged or not complete. Open it on your device, save it anew, and choose that.");

const PNG_HEAD = 8;

/** Where a PNG's last chunk ends (PNG 3rd ed., §5.3); null when it has none. */
function endOfPng(bytes: Buffer): number | null {
  for (let at = PNG_HEAD; at + 12 <= bytes.length; ) {
    const next = at + 12 + bytes.readUInt32BE(at);
    const name = bytes.toString("latin1", at + 4, at + 8);
    if (name === "IEND") return next;
    at = next;
  }
  return null;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/**
 * Where a JPEG ends (ITU T.81, B.1.1); null when its end is missing. Cameras put further pictures, such as a map of
 * brightness, right behind the first (CIPA DC-007): they belong to it.
 */
function endOfJpeg(bytes: Buffer): number | null {
  let at = 0;
  while (bytes[at] === 0xff && bytes[at + 1] === SOI) {
    const end = endOfOneJpeg(bytes, at + 2);
    if (end === null) return null;
    at = end;
  }
  return at;
}

function endOfOneJpeg(bytes: Buffer, from: number): number | null {
  for (let at = from; at + 1 < bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === EOI) return at + 2;
    // Restart marks and TEM carry nothing.
    if ((marker >= 0xd0 && marker <= 0xd7) || marker === 0x01) {
      at += 2;
      continue;
    }
    if (at + 4 > bytes.length) return null;
    at += 2 + bytes.readUInt16BE(at + 2);
    if (marker === SOS) at = endOfScan(bytes, at);
  }
  return null;
}

/** The next mark behind a scan's data, in which FF00 is a byte FF and FFD0 to FFD7 only restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes[at + 1];
    if (next !== 0x00 && next !== undefined && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.length;
}
