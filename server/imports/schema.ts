import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { verdicts } from "./rules.ts";

export const importRef = z.object({ importId: idSchema("import") }).strict();

const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);

const listName = z.string().trim().min(1, "Give the list a name.").max(100, "Keep the name under 100 characters.");

/** The fields of the upload form. Without `contactListId` a new list is made, named after the file if need be. */
export const stageFields = z.object({
  file: z.instanceof(File, { message: "Choose an .xlsx or .csv file." }),
  listName: z.preprocess(blankAsNone, listName.optional()),
  contactListId: z.preprocess(blankAsNone, idSchema("contactList").optional()),
});

const isFormData = (value: unknown) => value instanceof FormData;

/** The upload as it comes over HTTP: the other fields a browser's form carries (its button) are no concern of ours. */
export const stageForm = z
  .custom<FormData>(isFormData, "Send the file as multipart/form-data.")
  .transform((form): unknown => ({
    file: form.get("file"),
    listName: form.get("listName"),
    contactListId: form.get("contactListId"),
  }))
  .pipe(stageFields);

export const commitInput = importRef
  .extend({
    consentStatement: z
      .string({ message: "Say how these people agreed to get messages from you." })
      .trim()
      .min(10, "Say in a sentence how these people agreed to get messages from you.")
      .max(500, "Keep it under 500 characters."),
  })
  .strict();

const rowCursor = z.number().int().nonnegative();

export const previewInput = importRef
  .extend({ verdict: z.enum(verdicts).optional(), cursor: rowCursor.optional() })
  .strict();

export type Upload = z.infer<typeof stageFields>;
export type CommitInput = z.infer<typeof commitInput>;
export type PreviewInput = z.infer<typeof previewInput>;
