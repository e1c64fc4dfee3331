import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { leftOutReasons } from "../rules.ts";

const id = z.string().max(60);
const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);

/** Whose values fill the message of a test; without it those of the first who gets it. */
export const sendTestInput = z
  .object({ id, contactId: z.preprocess(blankAsNone, idSchema("contact").optional()) })
  .strict();
export type SendTestInput = z.infer<typeof sendTestInput>;

export const DRY_RUN_PAGE = 20;

export const dryRunInput = z
  .object({
    id,
    /** A part of a name. */
    search: z.preprocess(blankAsNone, z.string().trim().max(100).optional()),
    /** Only who gets it, or who is left out for this reason. */
    show: z.enum(["queued", ...leftOutReasons]).optional(),
    /** How many rows come before the page. */
    skip: z.coerce.number().int().min(0).max(100_000).default(0),
  })
  .strict();
export type DryRunInput = z.infer<typeof dryRunInput>;
