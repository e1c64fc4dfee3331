import type { Trigger } from "./compile.ts";
import { createKept } from "./kept.ts";
import { regexProblem, stepsOfPattern } from "./regex.ts";
import { takeTurns } from "./turns.ts";

/**
 * Steps that all regular expressions of one user may have together once they are compiled: a thousand of the usual length.
 * They take some 20 MB.
 */
export const STEPS_OF_USER = 60_000;

const MEASURED_BYTES = 4_000_000;
const measured = createKept<number>(MEASURED_BYTES);

/** How many steps these regular expressions have together. Each is compiled once to find out. */
export async function stepsOf(rules: readonly Pick<Trigger, "patterns" | "folds">[]): Promise<number> {
  const turns = takeTurns();
  let steps = 0;
  for (const { patterns, folds } of rules) {
    for (const pattern of patterns) {
      const key = `${folds}|${pattern}`;
      const size = measured.get(key) ?? stepsOfPattern(pattern, folds);
      measured.keep(key, size, 100 + 2 * key.length);
      steps += size;
      await turns.next();
    }
  }
  return steps;
}

/** Why each of these cannot be used as a regular expression, by the field it is in; empty when all can. */
export async function patternProblems(patterns: readonly string[], folds: boolean): Promise<Record<string, string>> {
  const turns = takeTurns();
  const fields: Record<string, string> = {};
  for (const [n, pattern] of patterns.entries()) {
    const why = regexProblem(pattern, folds);
    if (why) fields[`patterns[${n}]`] = why;
    await turns.next();
  }
  return fields;
}
