import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { TEMPLATE_MAX } from "./rules.ts";

const name = z
  .string({ error: "Name the text." })
  .trim()
  .min(1, "Name the text.")
  .max(80, "Use at most 80 characters.");

export const saveTemplateInput = z
  .object({
    name,
    body: z
      .string({ error: "Write the message first." })
      .trim()
      .min(1, "Write the message first.")
      .max(TEMPLATE_MAX, `Use at most ${TEMPLATE_MAX} characters.`),
  })
  .strict();
export type SaveTemplateInput = z.infer<typeof saveTemplateInput>;

export const templateRef = z.object({ id: idSchema("messageTemplate") }).strict();

export const renameTemplateInput = templateRef.extend({ name });
export type RenameTemplateInput = z.infer<typeof renameTemplateInput>;
