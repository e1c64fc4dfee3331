/** A text with what is selected in it; the cursor alone where start and end are one. */
export interface Selected {
  text: string;
  start: number;
  end: number;
}

/** Marks what is selected, or takes the marks away where it has them; without a selection the cursor comes between them. */
export function toggleMark({ text, start, end }: Selected, mark: string): Selected {
  const around = text.slice(start - mark.length, start) === mark && text.slice(end, end + mark.length) === mark;
  if (around && start >= mark.length) {
    const inner = text.slice(start, end);
    const from = start - mark.length;
    return { text: text.slice(0, from) + inner + text.slice(end + mark.length), start: from, end: from + inner.length };
  }
  // Within marked words: out of them, so that what is typed next is plain again.
  if (start === end && text.startsWith(mark, end) && isOpen(text.slice(0, start), mark)) {
    return { text, start: end + mark.length, end: end + mark.length };
  }
  // WhatsApp wants the marks close to the word: blanks at the ends of a selection stay outside.
  const chosen = text.slice(start, end);
  const from = start + (chosen.length - chosen.trimStart().length);
  const to = Math.max(from, end - (chosen.length - chosen.trimEnd().length));
  const inner = text.slice(from, to);
  return {
    text: text.slice(0, from) + mark + inner + mark + text.slice(to),
    start: from + mark.length,
    end: to + mark.length,
  };
}

/** Whether the last line has a mark that nothing closes. */
const isOpen = (before: string, mark: string) => (before.split("\n").at(-1) ?? "").split(mark).length % 2 === 0;

/** Puts `words` where the cursor is, in place of what is selected, and the cursor behind them. */
export function insertAt({ text, start, end }: Selected, words: string): Selected {
  const at = start + words.length;
  return { text: text.slice(0, start) + words + text.slice(end), start: at, end: at };
}
