/** What may go with a message, and how much of it. */
export const mediaLimits = {
  fileBytes: 10 * 1024 * 1024,
  /** Of a picture: more would be a burden to every phone that opens it. */
  pixels: 50_000_000,
  /** All files of one account that are kept at a time. */
  accountBytes: 1024 * 1024 * 1024,
  fileNameChars: 120,
  /** A caption under a picture or document; WhatsApp cuts what is longer. */
  captionChars: 1_024,
};

export type MediaKind = "image" | "document";
export type MediaType = keyof typeof mediaTypes;

interface TypeWords {
  kind: MediaKind;
  extensions: readonly string[];
  /** Other names that browsers and systems have for it. */
  also: readonly string[];
  word: string;
}

/** The kinds of files that can be sent. */
export const mediaTypes = {
  "image/png": { kind: "image", extensions: [".png"], also: ["image/x-png"], word: "a PNG picture" },
  "image/jpeg": {
    kind: "image",
    extensions: [".jpg", ".jpeg"],
    also: ["image/jpg", "image/pjpeg"],
    word: "a JPG picture",
  },
  "application/pdf": { kind: "document", extensions: [".pdf"], also: ["application/x-pdf"], word: "a PDF" },
  "application/msword": { kind: "document", extensions: [".doc"], also: [], word: "a Word document (.doc)" },
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {
    kind: "document",
    extensions: [".docx"],
    also: [],
    word: "a Word document (.docx)",
  },
} as const satisfies Record<string, TypeWords>;

const types = Object.entries(mediaTypes) as [MediaType, TypeWords][];

/** For a file field's `accept`. */
export const acceptedExtensions: readonly string[] = types.flatMap(([, { extensions }]) => [...extensions]);

/** ".pdf" of "Report.PDF"; "" when there is none. */
export function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf(".");
  return dot < 0 ? "" : fileName.slice(dot).toLowerCase();
}

/** What a file says it is by its name; undefined for what cannot be sent. */
export function typeOfName(fileName: string): MediaType | undefined {
  const extension = extensionOf(fileName);
  return types.find(([, { extensions }]) => extensions.includes(extension))?.[0];
}

/** Whether a declared type says the same as the name. A system that does not know a kind of file declares nothing. */
export function agrees(declared: string, type: MediaType): boolean {
  const said = declared.split(";")[0]?.trim().toLowerCase() ?? "";
  const { also }: TypeWords = mediaTypes[type];
  return said === "" || said === "application/octet-stream" || said === type || also.includes(said);
}

/** Whether it is shown as a picture in the chat. */
export function kindOfType(mimeType: string): MediaKind {
  return types.find(([type]) => type === mimeType)?.[1].kind ?? "document";
}

/**
 * The name as a phone is to show it: no folders, no control characters, and none of the marks that turn the direction of
 * writing, by which "gpj.exe" reads as "exe.jpg". A long one keeps its ending.
 */
export function cleanFileName(fileName: string): string {
  const last = fileName.split(/[/\\]/).at(-1) ?? "";
  const plain = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim();
  if (plain.length <= mediaLimits.fileNameChars) return plain;
  const ending = extensionOf(plain).slice(0, 10);
  return plain.slice(0, mediaLimits.fileNameChars - ending.length) + ending;
}
