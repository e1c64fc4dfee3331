import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";
import { folded, foldedPattern, spelled, squeezed } from "./fold.ts";
import { requiredLiteral } from "./literal.ts";

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
/** Instructions of a compiled expression: repetitions of repetitions grow without looking long. */
const PROGRAM_MOST = 4_000;
/** What a regular expression has learnt of the texts it met is dropped beyond so many states: its memory has an end. */
const STATES_MOST = 256;
const KEPT_MATCHERS = 20_000;

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

const kept = new Map<string, Matcher>();

/** Whether a rule's words are in a message: compiled once, and kept for the next message. */
export function matcherOf(trigger: Trigger): Matcher {
  const key = JSON.stringify([trigger.match, trigger.folds, trigger.patterns]);
  const known = kept.get(key);
  if (known) return known;
  const matcher = compile(trigger);
  if (kept.size >= KEPT_MATCHERS) kept.delete(kept.keys().next().value ?? "");
  kept.set(key, matcher);
  return matcher;
}

function compile({ match, patterns, folds }: Trigger): Matcher {
  const side = folds ? "folded" : "plain";
  if (match === "regex") {
    const tests = patterns.map((pattern) => regexTest(pattern, folds));
    return (text) => tests.some((test) => test(text[side].whole));
  }
  const wanted = patterns.map((pattern) => squeezed(folds ? folded(pattern) : spelled(pattern))).filter(Boolean);
  const [first, ...others] = wanted;
  if (first === undefined) return () => false;
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

function regexTest(pattern: string, folds: boolean): (text: string) => boolean {
  const source = folds ? foldedPattern(pattern) : spelled(pattern);
  const literal = folds ? requiredLiteral(source).toLowerCase() : requiredLiteral(source);
  let regex: RE2JS | null = null;
  return (text) => {
    // Most messages have not a word of it: looking for that first costs a hundredth.
    if (literal !== "" && !text.includes(literal)) return false;
    regex ??= RE2JS.compile(source, folds ? RE2JS.CASE_INSENSITIVE : 0);
    const matches = regex.test(text);
    // Null until it is needed, whatever the type says.
    const learnt = regex.re2().lazyDFA as { stateCount: number } | null;
    if (learnt && learnt.stateCount > STATES_MOST) regex = null;
    return matches;
  };
}

/** Why a regular expression cannot be used, and where, in a sentence; null when it can. */
export function regexProblem(pattern: string, folds: boolean): string | null {
  const refused = unsupported(pattern);
  if (refused) return refused;
  const problem = compileProblem(spelled(pattern));
  if (problem) return problem;
  if (!folds || !compileProblem(foldedPattern(pattern))) return null;
  return "Without capitals and accents this pattern has no meaning any more. Let them count, or write it without accents.";
}

function compileProblem(source: string): string | null {
  try {
    if (RE2JS.compile(source).programSize() <= PROGRAM_MOST) return null;
    return "Written out, this pattern is too long. Repeat less in it.";
  } catch (err) {
    if (!(err instanceof RE2JSException)) throw err;
    if (!(err instanceof RE2JSSyntaxException)) return "This pattern is too large. Make it shorter.";
    const part = err.getPattern();
    const at = part ? source.indexOf(part) : -1;
    const where = part && at >= 0 && part !== source ? ` (“${part}”, at character ${at + 1})` : "";
    return `This is no regular expression: ${err.getDescription()}${where}.`;
  }
}

/** What other engines know and none that is always quick can. */
function unsupported(pattern: string): string | null {
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    const around = /^\(\?<?[=!]/.exec(rest)?.[0];
    if (around) {
      return `“${around}” at character ${at + 1} looks ahead or behind, which can take for ever and is not possible here. Describe what stands there instead.`;
    }
    const back = /^\\(?:[1-9]|k[<{'])/.exec(rest)?.[0];
    if (back) {
      return `“${back}” at character ${at + 1} refers back to a group, which can take for ever and is not possible here. Write out what may stand there.`;
    }
    if (pattern[at] === "\\") at++;
  }
  return null;
}
