import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { messageStatuses } from "../messages/rules.ts";
import { TEMPLATE_MAX } from "../templates/rules.ts";
import { audiences, purposes } from "./rules.ts";

export const DEFAULT_THROTTLE = { minMs: 2_000, maxMs: 5_000 };

/** How long the name of a campaign may be. */
export const NAME_MAX = 120;
/** How many lists, or tags, a campaign may name. */
export const SOURCES_MAX = 20;

const seconds = z.coerce
  .number({ error: "Enter seconds, such as 2." })
  .min(0, "Enter 0 or more.")
  .max(600, "Enter at most 600 seconds.");
const listIds = z.array(idSchema("contactList")).max(SOURCES_MAX, `Choose at most ${SOURCES_MAX} lists.`);
const tags = z.array(z.string().trim().min(1).max(60)).max(SOURCES_MAX, `Choose at most ${SOURCES_MAX} tags.`);

/**
 * What a draft may hold: anything that fits, whether or not it could start (draft/problems.ts tells). What is left out is
 * empty in a new draft and stays as it is in a saved one.
 */
const draft = z.object({
  name: z.string().trim().max(NAME_MAX, `Use at most ${NAME_MAX} characters.`),
  listIds,
  tags,
  narrow: z.boolean(),
  exceptListIds: listIds,
  exceptTags: tags,
  purpose: z.enum(purposes),
  audience: z.enum(audiences),
  /** Null while none is chosen. */
  waSessionId: z.string().max(60).nullable(),
  templateText: z.string().trim().max(TEMPLATE_MAX, `Use at most ${TEMPLATE_MAX} characters.`),
  /** What goes with the text; null for nothing. */
  mediaId: idSchema("media").nullable(),
  throttleMinSeconds: seconds,
  throttleMaxSeconds: seconds,
});
/** The fields of a draft, each by itself. */
export const draftFields = draft.shape;

export const createCampaignInput = draft.partial().strict();
export type DraftInput = z.infer<typeof createCampaignInput>;

/** The `draftVersion` that was changed. Without it the change is made whatever was changed meanwhile. */
export const draftVersion = z.coerce.number().int().min(0).optional();
export const updateCampaignInput = createCampaignInput.extend({ id: z.string().max(60), version: draftVersion });
export type UpdateCampaignInput = z.infer<typeof updateCampaignInput>;

/** Whom a campaign would reach, drafted or not. */
export const reachInput = z
  .object({
    listIds: listIds.default([]),
    tags: tags.default([]),
    narrow: z.boolean().default(false),
    exceptListIds: listIds.default([]),
    exceptTags: tags.default([]),
    purpose: z.enum(purposes).default("message"),
  })
  .strict();

export const campaignRef = z.object({ id: z.string().max(60) }).strict();

export const startCampaignInput = z
  .object({
    id: z.string().max(60),
    /** How many people get it, typed by whoever starts it: a start that would reach others is refused. */
    recipients: z.coerce
      .number({ error: "Type the number of people who get it." })
      .int("Type the number of people who get it.")
      .min(0, "Type the number of people who get it."),
    consentConfirmed: z.literal(true, { error: "Confirm first that the people it reaches agreed to it." }),
  })
  .strict();

export const campaignMessagesInput = z
  .object({
    id: z.string().max(60),
    cursor: z.string().max(60).optional(),
    status: z.enum(messageStatuses).optional(),
    /** Only those with this reason's code. */
    reason: z.string().max(40).optional(),
    limit: z.number().int().min(1).max(100).default(50),
  })
  .strict();
export type CampaignMessagesInput = z.infer<typeof campaignMessagesInput>;

/** All messages of a campaign that something can be done about, or the one that is named. */
export const rowsInput = z.object({ id: z.string().max(60), messageId: idSchema("message").optional() }).strict();
export type RowsInput = z.infer<typeof rowsInput>;

export const timelineInput = z.object({ id: z.string().max(60), messageId: idSchema("message") }).strict();
export type TimelineInput = z.infer<typeof timelineInput>;
