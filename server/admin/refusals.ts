type Details = Readonly<Record<string, string | number>>;

/** What administration is refused for, in words. Part of the table in server/errors.ts. */
export const adminRefusals = {
  grant_used: {
    trpc: "CONFLICT",
    status: 409,
    message: () =>
      "This form was sent before, and gave something else. Look at what was given, then open the form anew.",
  },
  pack_taken: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) => `There is a pack of ${d.points} points already. Change that one.`,
  },
} as const;
