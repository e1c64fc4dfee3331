import { z } from "zod";
import { idSchema } from "#db/ids.ts";

export const mediaRef = z.object({ id: idSchema("media") }).strict();

/** The upload form's one field. */
export const uploadFields = z.object({
  file: z.instanceof(File, { message: "Choose a file." }).refine((file) => file.name !== "", "Choose a file."),
});

/** The upload as it comes over HTTP: the other fields a browser's form carries (its button) are no concern of ours. */
export const uploadForm = z
  .custom<FormData>((value) => value instanceof FormData, "Send the file as multipart/form-data.")
  .transform((form): unknown => ({ file: form.get("file") }))
  .pipe(uploadFields);

export type UploadFields = z.infer<typeof uploadFields>;
