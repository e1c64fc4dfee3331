import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";
import { foldedPattern, spelled } from "./fold.ts";
import { requiredLiteral } from "./literal.ts";

/**
 * Steps of one compiled expression, at most: repetitions of repetitions grow without looking long, and a text costs steps
 * times letters, some 50 ns each.
 */
const STEPS_MOST = 600;
/** What a step of a compiled expression takes, with its share of the rest: measured between 160 and 300. */
const STEP_BYTES = 300;
/** What an expression has learnt of the texts it met is forgotten beyond so much. */
const LEARNT_MOST_BYTES = 65_536;

const sourceOf = (pattern: string, folds: boolean) => (folds ? foldedPattern(pattern) : spelled(pattern));
const compile = (source: string, folds: boolean) => RE2JS.compile(source, folds ? RE2JS.CASE_INSENSITIVE : 0);

/**
 * Whether a text fits an expression. Compiled when a text first needs it.
 * @param weighs hears how many bytes the expression takes, each time that changes
 */
export function regexTest(pattern: string, folds: boolean, weighs: (bytes: number) => void): (text: string) => boolean {
  const source = sourceOf(pattern, folds);
  const literal = folds ? requiredLiteral(source).toLowerCase() : requiredLiteral(source);
  let regex: RE2JS | null = null;
  let bytes = 0;
  return (text) => {
    // Most messages have not a word of it: looking for that first costs a hundredth.
    if (literal !== "" && !text.includes(literal)) return false;
    regex ??= compile(source, folds);
    const matches = regex.test(text);
    const now = regex.programSize() * STEP_BYTES + learntBytes(regex);
    if (now !== bytes) weighs(now);
    bytes = now;
    return matches;
  };
}

function learntBytes(regex: RE2JS): number {
  // Null until it is needed, whatever the type says.
  const learnt = regex.re2().lazyDFA as ReturnType<RE2JS["re2"]>["lazyDFA"] | null;
  if (!learnt) return 0;
  const bytes = learnt.stateBudget - learnt.memBudget;
  if (bytes <= LEARNT_MOST_BYTES) return bytes;
  learnt.clearCache();
  return 0;
}

/** How many steps an expression has once it is compiled; 0 when it is none. */
export function stepsOfPattern(pattern: string, folds: boolean): number {
  try {
    return compile(sourceOf(pattern, folds), folds).programSize();
  } catch (err) {
    if (err instanceof RE2JSException) return 0;
    throw err;
  }
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
    if (RE2JS.compile(source).programSize() <= STEPS_MOST) return null;
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
