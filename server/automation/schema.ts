import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { windowsSchema } from "../schedules/schema.ts";
import { TEMPLATE_MAX } from "../templates/rules.ts";

const PATTERNS_AT_MOST = 20;
const RESPONSES_AT_MOST = 10;
const DAY_SECONDS = 86_400;

const pattern = z
  .string({ error: "Write a word." })
  .trim()
  .min(1, "Write a word.")
  .max(300, "Use at most 300 characters.");

const response = z
  .object({
    text: z.string().trim().max(TEMPLATE_MAX, `Use at most ${TEMPLATE_MAX} characters.`).default(""),
    mediaId: idSchema("media").nullable().default(null),
  })
  .strict();

const ruleFields = {
  name: z.string({ error: "Name the rule." }).trim().min(1, "Name the rule.").max(80, "Use at most 80 characters."),
  match: z.enum(["keyword", "contains", "exact", "starts_with", "regex"], { error: "Choose how the words fit." }),
  patterns: z
    .array(pattern, { error: "Write at least one word." })
    .min(1, "Write at least one word.")
    .max(PATTERNS_AT_MOST, `Use at most ${PATTERNS_AT_MOST} words; another rule can have more.`),
  folds: z.boolean().default(true),
  responses: z
    .array(response, { error: "Write the answer." })
    .min(1, "Write the answer.")
    .max(RESPONSES_AT_MOST, `At most ${RESPONSES_AT_MOST} answers in turn.`),
  /** Null: any phone. */
  waSessionId: idSchema("waSession").nullable().default(null),
  cooldownSeconds: z
    .number({ error: "Write a number." })
    .int()
    .min(0, "It cannot be negative.")
    .max(30 * DAY_SECONDS, "At most 30 days.")
    .default(3_600),
  /** Null: only the phone's own limit holds. */
  maxPerHour: z
    .number({ error: "Write a number." })
    .int()
    .min(1, "At least 1.")
    .max(1_000, "At most 1,000.")
    .nullable()
    .default(null),
  /** Narrower hours than the user's; null: whenever those are open. */
  windows: windowsSchema.nullable().default(null),
  answersAtOpening: z.boolean().default(false),
};

/** A rule; with an id it takes the place of that one. */
export const saveRuleInput = z.object({ id: idSchema("autoRule").optional(), ...ruleFields }).strict();
export type SaveRuleInput = z.infer<typeof saveRuleInput>;

export const ruleRef = z.object({ id: idSchema("autoRule") }).strict();

export const enableRuleInput = ruleRef.extend({ to: z.enum(["on", "off"]) });
export type EnableRuleInput = z.infer<typeof enableRuleInput>;

/** `to`: which it is to be, from 0. */
export const moveRuleInput = ruleRef.extend({ to: z.number().int().min(0).max(10_000) });
export type MoveRuleInput = z.infer<typeof moveRuleInput>;

export const autoSettingsInput = z
  .object({
    mode: z.enum(["first", "all"]),
    maxPerMinute: z.number({ error: "Write a number." }).int().min(1, "At least 1.").max(60, "At most 60."),
  })
  .strict();
export type AutoSettingsInput = z.infer<typeof autoSettingsInput>;

export const pauseRulesInput = z.object({ to: z.enum(["on", "off"]) }).strict();

export const resumePhoneInput = z.object({ waSessionId: idSchema("waSession") }).strict();

/** A rule that is tried before it is saved: in place of the one with its id, or after all others. */
const draft = saveRuleInput.nullable().default(null);

export const tryInput = z
  .object({
    text: z.string({ error: "Write a message." }).trim().min(1, "Write a message.").max(TEMPLATE_MAX),
    /** Null: somebody who is no contact. */
    contactId: idSchema("contact").nullable().default(null),
    /** Null: the first phone. */
    waSessionId: idSchema("waSession").nullable().default(null),
    /** What a clock of the active hours' zone shows, as "2026-11-24T18:30"; null is now. */
    at: z.iso.datetime({ local: true, precision: -1 }).nullable().default(null),
    draft,
  })
  .strict();
export type TryInput = z.infer<typeof tryInput>;

export const replayInput = z.object({ draft }).strict();
export type ReplayInput = z.infer<typeof replayInput>;
