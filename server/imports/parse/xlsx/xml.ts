import { damagedFile, FileRefused } from "../refused.ts";

const WINDOW = 1 << 18;
// Excel keeps 32,767 characters in a cell; each may be written in up to ten.
const MAX_TOKEN = 1 << 20;
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const ESCAPED = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi;

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const COLON = 0x3a;

/** `more`: the window ends within it. `nothing`: it was a comment or the like. */
type Found = "token" | "more" | "nothing";

/**
 * Walks through the tags and texts of an XML document (XML 1.0) in pieces, so that a document of 50 MB takes little memory.
 * A document with definitions of its own (DOCTYPE, ENTITY) is refused. Names are given without their namespace prefix.
 * @throws FileRefused from every method
 */
export class XmlScanner {
  /** The tag or text that `next` came to. */
  kind: "open" | "close" | "text" | "end" = "end";
  name = "";
  private raw = "";
  private verbatim = false;
  private readonly open: string[] = [];
  private closeNext = false;
  private window = "";
  private at = 0;
  private fed = 0;
  private seenRoot = false;
  private readonly bytes: Buffer;
  private readonly decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Goes to the next tag or text; false at the end of the document. An empty tag opens and closes. */
  next(): boolean {
    if (this.closeNext) {
      this.closeNext = false;
      return this.close(this.name);
    }
    for (;;) {
      const found = this.scan();
      if (found === "token") return true;
      if (found === "nothing" || this.feed()) continue;
      if (this.open.length > 0 || !this.seenRoot || this.window.slice(this.at).trim() !== "") throw damagedFile();
      this.kind = "end";
      return false;
    }
  }

  /** The texts of the tag it stands on, up to its close; those of tags below too, as far as `within` takes them. */
  text(within: (name: string) => boolean = () => false): string {
    const depth = this.open.length;
    let text = "";
    let skipped = 0;
    while (this.next()) {
      if (this.kind === "text" && skipped === 0) text += this.verbatim ? this.raw : unescaped(this.raw);
      else if (this.kind === "open" && (skipped > 0 || !within(this.name))) skipped++;
      else if (this.kind === "close" && skipped > 0) skipped--;
      else if (this.kind === "close" && this.open.length < depth) break;
    }
    return text;
  }

  /** An attribute of the tag it stands on, by its name without prefix. */
  attribute(name: string): string | undefined {
    const { raw } = this;
    for (let at = raw.indexOf(name); at >= 0; at = raw.indexOf(name, at + 1)) {
      const before = raw.charCodeAt(at - 1);
      if (before > 0x20 && before !== COLON) continue;
      let value = at + name.length;
      while (raw.charCodeAt(value) <= 0x20) value++;
      if (raw[value] !== "=") continue;
      do value++;
      while (raw.charCodeAt(value) <= 0x20);
      const quote = raw.charCodeAt(value);
      const end = quote === QUOTE || quote === APOSTROPHE ? raw.indexOf(quote === QUOTE ? '"' : "'", value + 1) : -1;
      if (end < 0) throw damagedFile();
      return unescaped(raw.slice(value + 1, end));
    }
    return undefined;
  }

  private scan(): Found {
    const { window, at } = this;
    if (at >= window.length) return "more";
    if (window.charCodeAt(at) !== LT) {
      const end = window.indexOf("<", at);
      if (end < 0) return "more";
      this.at = end;
      if (this.open.length === 0) {
        if (window.slice(at, end).trim() !== "") throw damagedFile();
        return "nothing";
      }
      return this.say(window.slice(at, end), false);
    }
    const sign = window.charCodeAt(at + 1);
    if (sign === SLASH) return this.closeTag();
    if (sign === BANG || sign === QUESTION) return this.special(sign);
    return this.openTag();
  }

  private openTag(): Found {
    const { window, at } = this;
    let quote = 0;
    let name = 0;
    for (let i = at + 1; i < window.length; i++) {
      const char = window.charCodeAt(i);
      if (name === 0 && (char <= 0x20 || char === GT || char === SLASH)) name = i;
      if (quote !== 0) {
        if (char === quote) quote = 0;
      } else if (char === QUOTE || char === APOSTROPHE) quote = char;
      else if (char === LT) throw damagedFile();
      else if (char === GT) {
        const empty = window.charCodeAt(i - 1) === SLASH;
        this.raw = window.slice(name, empty ? i - 1 : i);
        this.name = localName(window.slice(at + 1, Math.min(name, empty ? i - 1 : i)));
        if (this.name === "" || (this.open.length === 0 && this.seenRoot)) throw damagedFile();
        this.at = i + 1;
        this.seenRoot = true;
        this.open.push(this.name);
        this.closeNext = empty;
        this.kind = "open";
        return "token";
      }
    }
    return "more";
  }

  private closeTag(): Found {
    const { window, at } = this;
    const end = window.indexOf(">", at);
    if (end < 0) return "more";
    this.at = end + 1;
    this.close(localName(window.slice(at + 2, end).trimEnd()));
    return "token";
  }

  private close(name: string): true {
    if (this.open.pop() !== name) throw damagedFile();
    this.name = name;
    this.kind = "close";
    return true;
  }

  /** A comment, an instruction to a program or a text taken as it stands. */
  private special(sign: number): Found {
    const { window, at } = this;
    const cdata = window.startsWith("<![CDATA[", at);
    const comment = window.startsWith("<!--", at);
    if (sign === BANG && !cdata && !comment) {
      if (window.length - at < 9 && this.fed < this.bytes.length) return "more";
      throw new FileRefused(
        "The workbook holds definitions that Excel never writes. Copy the contacts to a new workbook and upload that.",
      );
    }
    const mark = cdata ? "]]>" : comment ? "-->" : "?>";
    const end = window.indexOf(mark, at + 2);
    if (end < 0) return "more";
    this.at = end + mark.length;
    return cdata && this.open.length > 0 ? this.say(window.slice(at + 9, end), true) : "nothing";
  }

  private say(raw: string, verbatim: boolean): Found {
    this.raw = raw;
    this.verbatim = verbatim;
    this.kind = "text";
    return "token";
  }

  private feed(): boolean {
    if (this.fed >= this.bytes.length) return false;
    const rest = this.window.slice(this.at);
    if (rest.length > MAX_TOKEN) {
      throw new FileRefused(
        "The workbook holds a text of more than a million characters. Copy the contacts to a new workbook and upload that.",
      );
    }
    const piece = this.bytes.subarray(this.fed, this.fed + WINDOW);
    this.fed += piece.length;
    try {
      this.window = rest + this.decoder.decode(piece, { stream: this.fed < this.bytes.length });
    } catch {
      throw damagedFile();
    }
    this.at = 0;
    return true;
  }
}

function localName(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(colon + 1);
}

function unescaped(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(ESCAPED, (_, decimal?: string, hex?: string, name = "") => {
    if (decimal ?? hex) {
      const code = decimal ? Number(decimal) : Number.parseInt(hex ?? "", 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : "\uFFFD";
    }
    const char = NAMED[name];
    if (char === undefined) throw damagedFile();
    return char;
  });
}
