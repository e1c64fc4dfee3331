import { z } from "zod";
import { type Id, isId } from "#db/ids.ts";

const id = z.string().refine((text): text is Id<"waSession"> => isId("waSession", text), "This is not a session.");

/** A reference to one of the user's linked phones. */
export const sessionRef = z.object({ id }).strict();
export type SessionRef = z.infer<typeof sessionRef>;

/** The number of the phone on which a pairing code is typed: people write it with spaces and dashes. */
const phone = z
  .string({ error: "Enter the number of the phone." })
  .transform((text) => text.replace(/[\s().-]/g, ""))
  .pipe(z.string().regex(/^\+[1-9]\d{7,14}$/, "Enter the number with + and country code, such as +62 812 0000 0001."));

/** How to link: by QR, or with `by`, the phone's number, by a code that is typed on it. */
export const linkInput = z.object({ by: phone.optional() }).strict();
export type LinkInput = z.infer<typeof linkInput>;

/** As `linkInput`, by a code alone: what the form with the number sends. */
export const linkByCodeInput = z.object({ by: phone }).strict();

/** Whether another phone than before may take the session's place. What is left out stays while a code is shown. */
const replacePhone = z.boolean().optional();

/** Fresh codes for a session that is not linked, the same way as before or the other. */
export const newQrInput = z.object({ id, by: phone.optional(), replacePhone }).strict();
export type NewQrInput = z.infer<typeof newQrInput>;

/** As `newQrInput`, by a QR alone. */
export const againByQrInput = z.object({ id, replacePhone }).strict();

/** As `newQrInput`, by a code alone. */
export const againByCodeInput = z.object({ id, by: phone, replacePhone }).strict();
