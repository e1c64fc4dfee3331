import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { type SaveRuleInput, saveRuleInput } from "#server/automation/schema.ts";
import { windowsField } from "#server/schedules/schema.ts";

const { name, match, folds, answersAtOpening } = saveRuleInput.shape;

/** The words of a rule as they are typed: one a line. */
export const wordsOf = (typed: string): string[] => typed.split("\n").flatMap((line) => line.trim() || []);

const fields = {
  id: idSchema("autoRule").optional(),
  name,
  match,
  words: z.string({ error: "Write at least one word." }),
  // A box that is not ticked sends nothing.
  folds: folds.unwrap().optional(),
  responses: z
    .array(z.object({ text: z.string().optional(), mediaId: idSchema("media").optional() }).strict())
    .min(1, "Write the answer."),
  waSessionId: idSchema("waSession").optional(),
  cooldownMinutes: z
    .number({ error: "Write a number." })
    .min(0, "It cannot be negative.")
    .max(43_200, "At most 30 days."),
  maxPerHour: z
    .number({ error: "Write a number." })
    .int()
    .min(1, "At least 1.")
    .max(1_000, "At most 1,000.")
    .optional(),
  hours: z.enum(["any", "own"], { error: "Choose one." }),
  windows: windowsField,
  answersAtOpening: answersAtOpening.unwrap().optional(),
};

type Typed = z.output<z.ZodObject<typeof fields>>;

/** Places for answers that were left empty are none, as long as there is another. */
function toRule({ words, cooldownMinutes, hours, windows, ...rule }: Typed): unknown {
  const responses = rule.responses.map(({ text = "", mediaId = null }) => ({ text, mediaId }));
  const written = responses.filter(({ text, mediaId }) => text.trim() !== "" || mediaId !== null);
  return {
    ...rule,
    patterns: wordsOf(words),
    folds: rule.folds ?? false,
    responses: written.length > 0 ? written : responses.slice(0, 1),
    waSessionId: rule.waSessionId ?? null,
    cooldownSeconds: Math.round(cooldownMinutes * 60),
    maxPerHour: rule.maxPerHour ?? null,
    windows: hours === "own" ? windows : null,
    answersAtOpening: rule.answersAtOpening ?? false,
  };
}

/** The editor's form. `ruleOf` reads it. */
export const ruleForm = z
  .object(fields)
  .strict()
  .superRefine((typed, ctx) => {
    const issues = saveRuleInput.safeParse(toRule(typed)).error?.issues ?? [];
    for (const { path, message } of issues) {
      ctx.addIssue({ code: "custom", path: path[0] === "patterns" ? ["words"] : path, message });
    }
  });

/** The rule that the editor's form describes. */
export const ruleOf = (typed: Typed): SaveRuleInput => saveRuleInput.parse(toRule(typed));

const unsaved = ruleForm.optional();

/** In a trial a rule needs no name of its own. */
export const UNNAMED = "This rule";
/** Without JavaScript the trial is a part of the editor's form: its buttons have this name, its fields begin so. */
export const TRIAL_FIELD = "trial";
export const TRIAL_PREFIX = "trial.";

export const tryForm = z
  .object({
    text: z.string({ error: "Write a message." }).trim().min(1, "Write a message.").max(4_096),
    /** A name or number of a contact; empty: somebody who is none. */
    who: z.string().trim().max(100).optional(),
    waSessionId: idSchema("waSession").optional(),
    at: z.iso.datetime({ local: true, precision: -1, error: "Choose a date and a time." }).optional(),
    draft: unsaved,
  })
  .strict();

export const replayForm = z.object({ draft: unsaved }).strict();
