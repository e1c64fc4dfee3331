import { z } from "zod";
import { type Id, isId } from "#db/ids.ts";

/** A reference to one of the user's linked phones. */
export const sessionRef = z
  .object({ id: z.string().refine((id): id is Id<"waSession"> => isId("waSession", id), "This is not a session.") })
  .strict();
export type SessionRef = z.infer<typeof sessionRef>;
