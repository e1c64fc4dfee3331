import { fileTypeFromBuffer } from "file-type";
import { agrees, extensionOf, type MediaType, mediaTypes, typeOfName } from "../rules.ts";
import { judgePicture, type Picture } from "./pictures.ts";
import { refused } from "./refused.ts";
import { judgeDoc, judgeDocx } from "./word.ts";

export interface Judged {
  /** What the bytes are. */
  type: MediaType;
  /** Of a picture. */
  picture: Picture | null;
}

/** What stands at the very beginning of each kind (the format's own document; [MS-CFB] 2.2 for .doc). */
const beginnings = {
  "image/png": "89504e470d0a1a0a",
  "image/jpeg": "ffd8ff",
  "application/pdf": Buffer.from("%PDF-").toString("hex"),
  "application/msword": "d0cf11e0a1b11ae1",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "504b0304",
} as const satisfies Record<MediaType, string>;

/** How far from its end a PDF says that it ends: readers look there too (ISO 32000-2, 7.5.5). */
const PDF_TAIL = 1_024;

/**
 * Whether a file may be sent: its name, what was declared of it and its bytes say the same, and all of it is what it says.
 * @param file.declaredType the media type that came with the upload, or ""
 * @throws DomainError media_refused, with what is wrong and what to do
 */
export async function judgeFile(file: { fileName: string; declaredType: string; bytes: Buffer }): Promise<Judged> {
  const { fileName, declaredType, bytes } = file;
  const type = typeOfName(fileName);
  const extension = extensionOf(fileName);
  if (!type) {
    throw refused(
      `${extension ? `Files that end in ${extension.slice(0, 20)}` : "Files without an ending such as .pdf"} cannot be sent. Choose a PNG or JPG picture, a PDF, or a Word document (.doc, .docx).`,
    );
  }
  if (bytes.length === 0) throw refused("This file is empty. Choose it again, or another one.");
  if (!agrees(declaredType, type)) {
    throw refused(
      `The name says that this is ${mediaTypes[type].word}, but it was sent as something else. Give the file its right name, and choose it again.`,
    );
  }
  if (!bytes.subarray(0, 8).toString("hex").startsWith(beginnings[type])) throw await mismatch(type, bytes);
  switch (type) {
    case "image/png":
    case "image/jpeg":
      return { type, picture: await judgePicture(bytes, type) };
    case "application/pdf":
      if (!bytes.subarray(-PDF_TAIL).includes("%%EOF")) {
        throw refused("This PDF is damaged or not complete. Open it on your device, save it anew, and choose that.");
      }
      return { type, picture: null };
    case "application/msword":
      judgeDoc(bytes);
      return { type, picture: null };
    case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
      await judgeDocx(bytes);
      return { type, picture: null };
  }
}

async function mismatch(type: MediaType, bytes: Buffer) {
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  const known = Object.entries(mediaTypes).find(([mime]) => mime === found?.mime)?.[1].word;
  const what =
    known ?? (found ? `a file of the kind .${found.ext}` : isMarkup(bytes) ? "a web page" : "something else");
  return refused(
    `The name says that this is ${mediaTypes[type].word}, but its content is ${what}. Save it anew as ${mediaTypes[type].word}, and choose that.`,
  );
}

const isMarkup = (bytes: Buffer) => /^(?:\ufeff|\s)*<[!?a-z]/i.test(bytes.toString("utf8", 0, 200));
