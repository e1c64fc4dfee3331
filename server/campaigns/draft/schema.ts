import { z } from "zod";

const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);

/** `failed`: to those alone whose message failed. */
export const duplicateInput = z
  .object({ id: z.string().max(60), people: z.preprocess(blankAsNone, z.enum(["failed"]).optional()) })
  .strict();
export type DuplicateInput = z.infer<typeof duplicateInput>;
