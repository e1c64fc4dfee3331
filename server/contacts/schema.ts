import { z } from "zod";
import { idSchema } from "#db/ids.ts";

const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);
const oneOrMany = (value: unknown) => (typeof value === "string" ? [value] : value);
const contactIds = z.preprocess(
  oneOrMany,
  z
    .array(idSchema("contact"), { error: "Choose at least one contact." })
    .min(1, "Choose at least one contact.")
    .max(500),
);

export const contactStates = ["sendable", "unconfirmed", "not_on_whatsapp", "no_consent", "opted_out"] as const;
export type ContactState = (typeof contactStates)[number];

const name = z.string({ error: "Enter a name." }).trim().min(1, "Enter a name.").max(120, "At most 120 characters.");
const phone = z.string({ error: "Enter a phone number." }).trim().min(1, "Enter a phone number.").max(60);
const listName = z
  .string({ error: "Name the list." })
  .trim()
  .min(1, "Name the list.")
  .max(80, "At most 80 characters.");
/** Names as a template writes them: `{{class_of}}`. */
const attributes = z
  .record(
    z.string().regex(/^[\p{L}\p{N}_]{1,60}$/u, "Use letters, digits and _ alone."),
    z.string().trim().max(1_000).optional(),
  )
  .refine((all) => Object.keys(all).length <= 50, "At most 50 attributes.");
const tag = z
  .string()
  .trim()
  .transform((value) => value.normalize("NFC").replace(/\s+/g, " "))
  .pipe(z.string().min(1, "A tag has at least one letter.").max(40, "A tag has at most 40 characters."));
const tags = z.preprocess(oneOrMany, z.array(tag).max(20, "At most 20 tags."));
const statement = z
  .string({ error: "Write how they agreed." })
  .trim()
  .min(10, "Write how they agreed, in at least 10 characters.")
  .max(500, "At most 500 characters.");

export const listRef = z.object({ id: idSchema("contactList") }).strict();
export const contactRef = z.object({ id: idSchema("contact") }).strict();
export const contactsRef = z.object({ ids: contactIds }).strict();

export const pageInput = z
  .object({
    listId: z.preprocess(blankAsNone, idSchema("contactList").optional()),
    cursor: z.preprocess(blankAsNone, idSchema("contact").optional()),
    search: z.preprocess(blankAsNone, z.string().trim().max(100).optional()),
    tag: z.preprocess(blankAsNone, z.string().max(40).optional()),
    state: z.preprocess(blankAsNone, z.enum(contactStates).optional()),
    limit: z.number().int().min(1).max(200).default(50),
  })
  .strict();

export const sampleInput = z
  .object({ listId: idSchema("contactList"), count: z.number().int().min(1).max(10).default(3) })
  .strict();

export const timelineInput = z.object({ id: idSchema("contact"), cursor: z.string().max(80).optional() }).strict();

export const addInput = z
  .object({
    name,
    phone,
    attributes: attributes.default({}),
    tags: tags.default([]),
    listIds: z.preprocess(oneOrMany, z.array(idSchema("contactList")).max(20)).default([]),
    consentStatement: statement,
  })
  .strict();

/** What is left out stays; `attributes` and `tags` are all that the contact has afterwards, a blank attribute is none. */
export const updateInput = z
  .object({
    id: idSchema("contact"),
    name: name.optional(),
    phone: phone.optional(),
    attributes: attributes.optional(),
    tags: tags.optional(),
  })
  .strict();

export const recordConsentInput = z.object({ ids: contactIds, statement }).strict();
export const withdrawConsentInput = z
  .object({ ids: contactIds, statement: z.preprocess(blankAsNone, z.string().trim().max(500).optional()) })
  .strict();
export const tagInput = z.object({ ids: contactIds, add: tags.default([]), remove: tags.default([]) }).strict();
export const onListInput = z.object({ ids: contactIds, listId: idSchema("contactList") }).strict();
export const mergeInput = z.object({ keepId: idSchema("contact"), otherId: idSchema("contact") }).strict();
export const eraseInput = z
  .object({
    id: idSchema("contact"),
    confirm: z.string({ error: "Type the name or the number." }).trim().min(1, "Type the name or the number.").max(200),
  })
  .strict();

export const createListInput = z.object({ name: listName }).strict();
export const updateListInput = z
  .object({ id: idSchema("contactList"), name: listName.optional(), doubleOptIn: z.boolean().optional() })
  .strict();
export const removeListInput = z
  .object({ id: idSchema("contactList"), alsoContacts: z.boolean().default(false) })
  .strict();

export const askToConfirmInput = z
  .object({
    listId: idSchema("contactList"),
    waSessionId: z.preprocess(blankAsNone, idSchema("waSession").optional()),
  })
  .strict();

export const suppressedInput = z
  .object({ cursor: idSchema("suppression").optional() })
  .strict()
  .optional();

/** Numbers that are suppressed by hand in one go. */
export const SUPPRESSED_AT_ONCE = 500;

/** One number, or many, one a line. */
export const suppressInput = z
  .object({
    phone: z
      .string({ error: "Enter a phone number." })
      .trim()
      .min(1, "Enter a phone number.")
      .max(60 * SUPPRESSED_AT_ONCE, `Enter at most ${SUPPRESSED_AT_ONCE} numbers at once.`),
  })
  .strict();

export type PageInput = z.infer<typeof pageInput>;
export type SampleInput = z.infer<typeof sampleInput>;
export type TimelineInput = z.infer<typeof timelineInput>;
export type AddInput = z.infer<typeof addInput>;
export type UpdateInput = z.infer<typeof updateInput>;
export type MergeInput = z.infer<typeof mergeInput>;
export type EraseInput = z.infer<typeof eraseInput>;
export type UpdateListInput = z.infer<typeof updateListInput>;
export type RemoveListInput = z.infer<typeof removeListInput>;
