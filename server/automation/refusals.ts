type Details = Readonly<Record<string, string | number>>;

/** What a rule is refused for, in words. Part of the table in server/errors.ts. */
export const automationRefusals = {
  too_many_rules: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) => `You have ${d.limit} rules, which is the most. Remove one, then add this one.`,
  },
  bad_pattern: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: (d: Details) => String(d.why) },
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
