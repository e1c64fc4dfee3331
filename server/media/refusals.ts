type Details = Readonly<Record<string, string | number>>;

/** What a file is refused for, in words. Part of the table in server/errors.ts. */
export const mediaRefusals = {
  media_refused: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: (d: Details) => String(d.why) },
  media_too_large: {
    trpc: "PAYLOAD_TOO_LARGE",
    status: 413,
    message: (d: Details) => `The file is larger than ${d.limit}. Make it smaller, then choose it again.`,
  },
  media_infected: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d: Details) =>
      `The virus scanner found ${d.found} in this file. It was not kept. Do not open it, and choose another one.`,
  },
  scanner_away: {
    trpc: "SERVICE_UNAVAILABLE",
    status: 503,
    message: () => "The virus scanner does not answer, so the file was not taken. Try again in a minute.",
  },
  media_storage_full: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) =>
      `Your files take up ${d.limit} already. What no campaign has used for two weeks goes by itself; until then use one that you uploaded before.`,
  },
  media_removed: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) => `${d.name} is not kept any more. Attach it again.`,
  },
} as const;
