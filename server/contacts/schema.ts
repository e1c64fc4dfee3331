import { z } from "zod";
import { idSchema } from "#db/ids.ts";

export const listRef = z.object({ id: idSchema("contactList") }).strict();

const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);

export const pageInput = z
  .object({
    listId: idSchema("contactList"),
    cursor: idSchema("contact").optional(),
    search: z.preprocess(blankAsNone, z.string().trim().max(100).optional()),
  })
  .strict();

export const sampleInput = z
  .object({ listId: idSchema("contactList"), count: z.number().int().min(1).max(10).default(3) })
  .strict();

export const suppressedInput = z
  .object({ cursor: idSchema("suppression").optional() })
  .strict()
  .optional();

export const suppressInput = z.object({ phone: z.string().max(60) }).strict();

export type PageInput = z.infer<typeof pageInput>;
export type SampleInput = z.infer<typeof sampleInput>;
