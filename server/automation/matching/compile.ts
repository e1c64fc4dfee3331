import { folded, spelled, squeezed } from "./fold.ts";
import { createKept } from "./kept.ts";
import { regexTest } from "./regex.ts";

/** What a rule answers to. */
export interface Trigger {
  match: "keyword" | "contains" | "exact" | "starts_with" | "regex";
  /** Any of these. */
  patterns: readonly string[];
  /** Capitals, accents and full-width forms do not matter. */
  folds: boolean;
}

/** Of a longer message only the beginning is looked at. */
const LOOKED_AT = 4_096;
/** The rules of three users who have as many and as large ones as they may. */
const KEPT_BYTES = 64_000_000;
const WORDS_BYTES = 300;

interface Forms {
  /** Squeezed, for words. */
  words: string;
  /** As it is, for regular expressions. */
  whole: string;
}

/** A message in the forms in which rules look at it, made once for all of them. */
export interface Prepared {
  plain: Forms;
  folded: Forms;
}

export function prepare(text: string): Prepared {
  const begun = text.slice(0, LOOKED_AT);
  const forms = (whole: string): Forms => ({ words: squeezed(whole), whole });
  return { plain: forms(spelled(begun)), folded: forms(folded(begun)) };
}

export type Matcher = (text: Prepared) => boolean;

const kept = createKept<readonly Matcher[]>(KEPT_BYTES);

/** What compiled rules take at the moment, and may. Bytes. */
export const keptBytes = () => ({ now: kept.bytes(), most: KEPT_BYTES });

/** Whether a rule's words are in a message, as a test for each part of it; one that fits is enough. Kept for the next message. */
export function testsOf(trigger: Trigger): readonly Matcher[] {
  const { match, patterns, folds } = trigger;
  const key = JSON.stringify([match, folds, patterns]);
  const known = kept.get(key);
  if (known) return known;
  const own = WORDS_BYTES + 6 * key.length;
  const weights = new Map<string, number>();
  const tests = match === "regex" ? patterns.map(regex) : [words(trigger)];
  kept.keep(key, tests, own);
  return tests;

  function regex(pattern: string): Matcher {
    const test = regexTest(pattern, folds, (bytes) => {
      weights.set(pattern, bytes);
      kept.keep(
        key,
        tests,
        [...weights.values()].reduce((sum, each) => sum + each, own),
      );
    });
    return (text) => test((folds ? text.folded : text.plain).whole);
  }
}

/** The same in one test. */
export function matcherOf(trigger: Trigger): Matcher {
  const tests = testsOf(trigger);
  return (text) => tests.some((test) => test(text));
}

function words({ match, patterns, folds }: Trigger): Matcher {
  const side = folds ? "folded" : "plain";
  const wanted = patterns.map((pattern) => squeezed(folds ? folded(pattern) : spelled(pattern))).filter(Boolean);
  const [first, ...others] = wanted;
  if (first === undefined || match === "regex") return () => false;
  const found = finders[match];
  if (others.length === 0) return (text) => found(text[side].words, first);
  return (text) => wanted.some((one) => found(text[side].words, one));
}

const finders = {
  contains: (text: string, wanted: string) => text.includes(wanted),
  exact: (text: string, wanted: string) => text === wanted,
  starts_with: (text: string, wanted: string) => text.startsWith(wanted),
  keyword: hasWord,
} as const;

const WORD_BEFORE = /[\p{L}\p{N}\p{M}_]$/u;
const WORD_AFTER = /^[\p{L}\p{N}\p{M}_]/u;

/** Whether a word, or words, stand by themselves: no letter or digit of any script goes on where they begin or end. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    const goesOnBefore = at > 0 && WORD_AFTER.test(word) && WORD_BEFORE.test(text.slice(Math.max(0, at - 2), at));
    const goesOnAfter = end < text.length && WORD_BEFORE.test(word) && WORD_AFTER.test(text.slice(end, end + 2));
    if (!goesOnBefore && !goesOnAfter) return true;
  }
  return false;
}
