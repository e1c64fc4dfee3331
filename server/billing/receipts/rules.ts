// Latin, Greek and Cyrillic letters with their accents, and the signs between them: what the font of receipts can draw. The
// signs that turn the direction of a line stay out.
const WRITABLE = [
  "\\n\\x20-\\x7e\\xa0-\\xac\\xae-\\u024f\\u0259\\u02bb\\u02bc\\u0300-\\u0304\\u0306-\\u030c\\u0323-\\u0328",
  "\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03ce\\u0400-\\u0482\\u048a-\\u052f\\u1e00-\\u1eff",
  "\\u2010-\\u2022\\u2026\\u2030\\u2032\\u2033\\u2039\\u203a\\u2044\\u202f\\u20a0-\\u20bf\\u2116\\u2122",
].join("");
const one = new RegExp(`[${WRITABLE}]`, "u");
const others = new RegExp(`[^${WRITABLE}]`, "gu");

/** Stands on a receipt for a letter that it cannot show. */
export const UNKNOWN_LETTER = "\ufffd";

/** Whether the font of receipts has this character. */
export const isWritable = (character: string): boolean => one.test(character);

/** The characters of a text that a receipt cannot show, each once. */
export function unwritable(text: string): string[] {
  return [...new Set(text.normalize("NFC").match(others) ?? [])];
}

/** A text as a receipt shows it: what it cannot show is seen to be missing. */
export const shown = (text: string): string => text.normalize("NFC").replace(others, UNKNOWN_LETTER);
