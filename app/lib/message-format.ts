/** A run of a message's text, as WhatsApp shows it. */
export type Span =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "bold" | "italic" | "strike"; spans: readonly Span[] };

/** What stands on lines of its own. `start`: the number that a numbered list begins with; null for points. */
export type Block =
  | { kind: "line"; spans: readonly Span[] }
  | { kind: "quote"; lines: readonly (readonly Span[])[] }
  | { kind: "list"; start: number | null; items: readonly (readonly Span[])[] };

const MARKS = { "*": "bold", _: "italic", "~": "strike" } as const;
const isMark = (char: string): char is keyof typeof MARKS => Object.hasOwn(MARKS, char);
const isWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}]/u.test(char);
const isBlank = (char: string | undefined) => char === undefined || /\s/.test(char);
// No text from a form or a database holds this character: it stands for the next piece of code.
const CODE = "\u0000";

/**
 * A message as WhatsApp shows it: *bold*, _italic_, ~struck~, `code`, ```code over lines```, "- " and "1. " lists and
 * "> " quotes. A mark counts only around something, at the border of a word and within its line; whatever is no formatting
 * stays as it was typed. After WhatsApp's help page "How to format your messages", and the app itself where that is silent.
 */
export function readFormatting(message: string): Block[] {
  const codes: string[] = [];
  const text = message.replaceAll(CODE, "").replace(/```([\s\S]*?[^\s][\s\S]*?)```/g, (_all, code: string) => {
    codes.push(code);
    return CODE;
  });
  const blocks: Block[] = [];
  const spans = (line: string) => readSpans(line, codes);
  for (const line of text.split(/\r\n|\r|\n/)) {
    const last = blocks.at(-1);
    const quote = /^> (.*\S.*)$/.exec(line)?.[1];
    const point = /^[*-] (.*\S.*)$/.exec(line)?.[1];
    const [, number, numbered] = /^(\d{1,9})\. (.*\S.*)$/.exec(line) ?? [];
    if (quote !== undefined) {
      if (last?.kind === "quote") blocks.splice(-1, 1, { ...last, lines: [...last.lines, spans(quote)] });
      else blocks.push({ kind: "quote", lines: [spans(quote)] });
    } else if (point !== undefined || numbered !== undefined) {
      const item = spans(point ?? numbered ?? "");
      const start = number === undefined ? null : Number(number);
      if (last?.kind === "list" && (last.start === null) === (start === null)) {
        blocks.splice(-1, 1, { ...last, items: [...last.items, item] });
      } else blocks.push({ kind: "list", start, items: [item] });
    } else blocks.push({ kind: "line", spans: spans(line) });
  }
  return blocks;
}

/** @param codes the pieces of code that the text refers to, taken away as they are met */
function readSpans(text: string, codes: string[]): Span[] {
  const spans: Span[] = [];
  let plain = "";
  const push = (span: Span) => {
    if (plain !== "") spans.push({ kind: "text", text: plain });
    plain = "";
    spans.push(span);
  };
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? "";
    const end = closing(text, i);
    if (char === CODE) push({ kind: "code", text: codes.shift() ?? "" });
    else if (end === -1) plain += char;
    else {
      const inner = text.slice(i + 1, end);
      push(isMark(char) ? { kind: MARKS[char], spans: readSpans(inner, codes) } : { kind: "code", text: inner });
      i = end;
    }
  }
  return plain === "" ? spans : [...spans, { kind: "text", text: plain }];
}

/** Where what opens at `i` is closed, -1 when nothing opens there. */
function closing(text: string, i: number): number {
  const mark = text[i] ?? "";
  if (mark === "`") {
    const end = text.indexOf("`", i + 1);
    return text.slice(i + 1, end).trim() === "" || text.slice(i, end).includes(CODE) ? -1 : end;
  }
  if (!isMark(mark) || isWord(text[i - 1]) || isBlank(text[i + 1]) || text[i + 1] === mark) return -1;
  for (let end = text.indexOf(mark, i + 2); end !== -1; end = text.indexOf(mark, end + 1)) {
    if (!isBlank(text[end - 1]) && !isWord(text[end + 1])) return end;
  }
  return -1;
}
