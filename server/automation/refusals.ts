type Details = Readonly<Record<string, string | number>>;

/** What a rule is refused for, in words. Part of the table in server/errors.ts. */
export const automationRefusals = {
  too_many_rules: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) => `You have ${d.limit} rules, which is the most. Remove one, then add this one.`,
  },
  bad_pattern: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: (d: Details) => String(d.why) },
  /** In steps of a compiled expression: `steps` of what is saved, `left` of `limit` for it. */
  patterns_too_large: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d: Details) =>
      `Written out, these patterns have ${d.steps} steps, and only ${d.left} of the ${d.limit} of all your rules are left. Repeat less in them (“{1,200}” is 200 steps or more), or remove patterns of other rules.`,
  },
  empty_answer: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: () => "Write a text for each answer, or attach a file to it.",
  },
  answer_too_long: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d: Details) =>
      `Under a file WhatsApp takes ${d.limit} characters. Shorten the text, or leave the file out.`,
  },
} as const;
