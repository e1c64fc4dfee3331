/** Signs that show nothing: soft hyphens, marks of direction, the choice between a letter and its picture. */
const UNSEEN = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|\ufe0e|\ufe0f/gu;
/** Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic. Elsewhere a mark is a part of the letter. */
const ACCENTS = new RegExp(
  `[${[
    String.raw`\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f`,
    String.raw`\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7`,
    String.raw`\u0610-\u061a\u064b-\u065f\u0670`,
  ].join("")}]`,
  "gu",
);

/** A text as it is compared letter by letter: one spelling of each letter, nothing unseen. */
export const spelled = (text: string): string => text.replace(UNSEEN, "").normalize("NFC");

/**
 * A text without what folding ignores: capitals, accents, full-width and other forms of a letter. What is left is composed
 * again, so that a Korean syllable is not the beginning of another.
 */
export function folded(text: string): string {
  const bare = text.replace(UNSEEN, "").normalize("NFKD").replace(ACCENTS, "");
  // By way of the capitals, as "ß", "ẞ" and "ss" are one ("ẞ" is its own capital, so that "ß" comes first); a sigma at the end
  // of a word is a sigma.
  return bare.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

const META = /[\\^$.*+?()[\]{}|]/g;

/**
 * A regular expression for folded text. Its ASCII stays as it is, for "\W" is not "\w"; what a folded letter becomes never
 * means anything to the expression.
 */
export const foldedPattern = (pattern: string): string =>
  pattern.replace(/\P{ASCII}+/gu, (run) => folded(run).replace(META, String.raw`\$&`));

/** Runs of white space are one space, and there is none around the text. */
export const squeezed = (text: string): string => text.replace(/\s+/gu, " ").trim();
