import { z } from "zod";
import { draftVersion, draftFields as fields } from "#server/campaigns/schema.ts";
import type { Api } from "#server/route-api.ts";

export const steps = ["audience", "message"] as const;
export type Step = (typeof steps)[number];

/** What the form of each step sends: all of its fields, so that what is not there was taken away. */
export const stepForms = {
  audience: z
    .object({
      version: draftVersion,
      name: fields.name.default(""),
      listIds: fields.listIds.default([]),
      tags: fields.tags.default([]),
      narrow: z.boolean().default(false),
      exceptListIds: fields.exceptListIds.default([]),
      exceptTags: fields.exceptTags.default([]),
      purpose: fields.purpose,
      audience: fields.audience.default("list"),
      waSessionId: z
        .string()
        .max(60)
        .optional()
        .transform((id) => id ?? null),
      /** Of a new draft: the text to begin with. */
      templateText: fields.templateText.optional(),
    })
    .strict(),
  message: z
    .object({
      version: draftVersion,
      templateText: fields.templateText.default(""),
      mediaId: fields.mediaId.optional().transform((id) => id ?? null),
      throttleMinSeconds: fields.throttleMinSeconds.optional(),
      throttleMaxSeconds: fields.throttleMaxSeconds.optional(),
    })
    .strict(),
} satisfies Record<Step, z.ZodType>;

/** Saves what the form of a step holds: as a change of the draft, or as a new one. */
export function saveStep(api: Api, draft: string | null, input: z.output<(typeof stepForms)[Step]>) {
  const { version, ...changes } = input;
  return draft ? api.campaigns.update({ ...changes, id: draft, version }) : api.campaigns.create(changes);
}
