import { inflateSync } from "node:zlib";

interface Part {
  head: string;
  stream: Buffer | null;
}

/**
 * What a PDF of pdfkit's says, one string for each piece of a line, in the order of writing: read from its streams with the
 * letters that its own fonts give to each glyph, as a reader does who copies from it.
 */
export function readPdf(pdf: Buffer): { pieces: string[]; info: Record<string, string>; pages: number } {
  const parts = partsOf(pdf);
  const all = [...parts.values()].map(({ head }) => head).join("\n");
  const letters = new Map<string, Map<string, string>>();
  for (const [, name = "", ref = ""] of all.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
    const map = /\/ToUnicode (\d+) 0 R/.exec(parts.get(ref)?.head ?? "")?.[1];
    letters.set(name, lettersOf(parts.get(map ?? "")?.stream?.toString("latin1") ?? ""));
  }
  const pieces: string[] = [];
  for (const { stream } of parts.values()) {
    const text = stream?.toString("latin1") ?? "";
    let font = letters.get("");
    for (const [, name, shown] of text.matchAll(/\/(F\d+) [\d.]+ Tf|\[(.*?)\] TJ/g)) {
      if (name !== undefined) font = letters.get(name);
      else pieces.push(decode(shown ?? "", font ?? new Map()));
    }
  }
  const info: Record<string, string> = {};
  for (const [, name = "", value = "", ref = ""] of all.matchAll(/\/(Title|Author|Lang) (?:\((.*?)\)|(\d+) 0 R)/g))
    info[name] = ref === "" ? value : (parts.get(ref)?.head.slice(1, -1) ?? "");
  return { pieces, info, pages: all.match(/\/Type \/Page\b/g)?.length ?? 0 };
}

function partsOf(pdf: Buffer): Map<string, Part> {
  const parts = new Map<string, Part>();
  const text = pdf.toString("latin1");
  for (const match of text.matchAll(/(?<=\n)(\d+) 0 obj\n([\s\S]*?)\n(?:stream\n|endobj)/g)) {
    const [whole, number = "", head = ""] = match;
    const length = Number(/\/Length (\d+)/.exec(head)?.[1] ?? 0);
    const from = match.index + whole.length;
    const bytes = whole.endsWith("stream\n") ? pdf.subarray(from, from + length) : null;
    const stream = bytes && head.includes("/FlateDecode") ? inflateSync(bytes) : bytes;
    parts.set(number, { head, stream });
  }
  return parts;
}

/** Each glyph's letters, from a font's ToUnicode map. */
function lettersOf(map: string): Map<string, string> {
  const letters = new Map<string, string>();
  for (const [, first = "", list = ""] of map.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[(.*?)\]/g)) {
    const start = Number.parseInt(first, 16);
    const entries = [...list.matchAll(/<([0-9a-f ]*)>/g)].map(([, codes = ""]) => fromHex(codes.replaceAll(" ", "")));
    for (const [i, entry] of entries.entries()) letters.set((start + i).toString(16).padStart(4, "0"), entry);
  }
  return letters;
}

const fromHex = (codes: string): string =>
  (codes.match(/.{4}/g) ?? []).map((code) => String.fromCharCode(Number.parseInt(code, 16))).join("");

function decode(shown: string, font: Map<string, string>): string {
  const glyphs = [...shown.matchAll(/<([0-9a-f]*)>/g)].flatMap(([, run = ""]) => run.match(/.{4}/g) ?? []);
  return glyphs.map((glyph) => font.get(glyph) ?? `<${glyph}>`).join("");
}
