import { type Prepared, type Trigger, testsOf } from "./compile.ts";
import { takeTurns } from "./turns.ts";

/** What all rules of a user may take for one message. Milliseconds. */
export const ALL_RULES_MS = 1_000;

/** Whether a rule's words are in a message; `late`: the rules before it took so long that it was not looked at. */
export type Fit = boolean | "late";

/**
 * Which rules' words are in a message, looked at in their order. However large they are, nothing else in the process waits
 * for more than one pattern of theirs.
 */
export async function fitAll<R extends Trigger>(rules: readonly R[], text: Prepared): Promise<Map<R, Fit>> {
  const turns = takeTurns();
  const fits = new Map<R, Fit>();
  for (const rule of rules) {
    let fit: Fit = false;
    for (const test of testsOf(rule)) {
      if (turns.spentMs() > ALL_RULES_MS) fit = "late";
      if (fit === false && test(text)) fit = true;
      if (fit !== false) break;
      await turns.next();
    }
    fits.set(rule, fit);
  }
  return fits;
}
