import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { messageStatuses } from "../messages/rules.ts";
import { audiences, purposes, TEMPLATE_MAX } from "./rules.ts";

export const DEFAULT_THROTTLE = { minMs: 2_000, maxMs: 5_000 };

const seconds = z.coerce
  .number({ error: "Enter seconds, such as 2." })
  .min(0, "Enter 0 or more.")
  .max(600, "Enter at most 600 seconds.");

/** How many lists, or tags, a campaign may name. */
const SOURCES_MAX = 20;
const tags = z.array(z.string().trim().min(1).max(60)).max(SOURCES_MAX);

const draft = z
  .object({
    name: z
      .string({ error: "Name the campaign." })
      .trim()
      .min(1, "Name the campaign.")
      .max(120, "Use at most 120 characters."),
    listIds: z.array(idSchema("contactList")).max(SOURCES_MAX).default([]),
    tags: tags.default([]),
    narrow: z.boolean().default(false),
    exceptListIds: z.array(idSchema("contactList")).max(SOURCES_MAX).default([]),
    exceptTags: tags.default([]),
    /** Of a draft that is changed, what is left out stays as it is; else `message`. */
    purpose: z.enum(purposes).optional(),
    /** As `purpose`; else `list`. */
    audience: z.enum(audiences).optional(),
    waSessionId: z.string({ error: "Choose a linked phone." }).min(1, "Choose a linked phone.").max(60),
    templateText: z
      .string({ error: "Write the message." })
      .trim()
      .min(1, "Write the message.")
      .max(TEMPLATE_MAX, `Use at most ${TEMPLATE_MAX} characters.`),
    throttleMinSeconds: seconds.default(DEFAULT_THROTTLE.minMs / 1_000),
    throttleMaxSeconds: seconds.default(DEFAULT_THROTTLE.maxMs / 1_000),
  })
  .strict();

const upright = (input: { throttleMinSeconds: number; throttleMaxSeconds: number }) =>
  input.throttleMinSeconds <= input.throttleMaxSeconds;
const upsideDown = { path: ["throttleMaxSeconds"], message: "The longest wait must not be shorter than the shortest." };

const aimed = (input: { listIds: unknown[]; tags: unknown[] }) => input.listIds.length + input.tags.length > 0;
const aimless = { path: ["listIds"], message: "Choose a list." };

export const createCampaignInput = draft.refine(upright, upsideDown).refine(aimed, aimless);
export type CreateCampaignInput = z.infer<typeof createCampaignInput>;

export const updateCampaignInput = draft
  .extend({ id: z.string().max(60) })
  .refine(upright, upsideDown)
  .refine(aimed, aimless);

export const campaignRef = z.object({ id: z.string().max(60) }).strict();

export const reachInput = z.object({ contactListId: idSchema("contactList") }).strict();

export const startCampaignInput = z
  .object({
    id: z.string().max(60),
    consentConfirmed: z.literal(true, { error: "Confirm first that the people it reaches agreed to it." }),
  })
  .strict();

export const campaignMessagesInput = z
  .object({
    id: z.string().max(60),
    cursor: z.string().max(60).optional(),
    status: z.enum(messageStatuses).optional(),
    limit: z.number().int().min(1).max(100).default(50),
  })
  .strict();
export type CampaignMessagesInput = z.infer<typeof campaignMessagesInput>;
