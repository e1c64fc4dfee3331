import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { inviteCodeOf } from "./rules.ts";

/** The chat of a group as the product names it: all after "group:" is WhatsApp's own name of it. */
export const groupKey = z.custom<`group:${string}`>(
  (value) => typeof value === "string" && /^group:[\w.-]{1,80}@g\.us$/.test(value),
  "This is not a group.",
);

const number = z.templateLiteral(["pn:+", z.string()]);
const lid = z.templateLiteral(["lid:", z.string()]);

export type GroupKey = z.output<typeof groupKey>;

/** Which group is meant: one that was listed, or the one an invite leads to. What a `read_group` command is given. */
export const groupQuestion = z.union([z.object({ groupKey }).strict(), z.object({ invite: z.string() }).strict()]);
export type GroupQuestion = z.output<typeof groupQuestion>;

const listedGroup = z.object({
  key: groupKey,
  subject: z.string(),
  /** Members as WhatsApp counts them, this phone included. */
  size: z.number().int(),
  /** Members whose number WhatsApp does not show; null when it told no members. */
  hidden: z.number().int().nullable(),
});
export type ListedGroup = z.output<typeof listedGroup>;

const readGroup = listedGroup.extend({
  /** Those whose number is shown, without this phone itself; none of a group that is too large. */
  members: z.array(z.object({ pn: number, lid: lid.nullable(), name: z.string().nullable(), admin: z.boolean() })),
});
export type ReadGroup = z.output<typeof readGroup>;

/** What the worker writes into `wa_commands.result`. It is about people: an hour later it is erased. */
export const listAnswer = z.object({ groups: z.array(listedGroup) });
/** `erased` counts members whose data the user had erased: nothing else is kept of them. */
export const groupAnswer = readGroup.extend({ erased: z.number().int() });
export type GroupAnswer = z.output<typeof groupAnswer>;

const sessionId = idSchema("waSession");
const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);

export const refreshInput = z.object({ sessionId }).strict();

export const listInput = z
  .object({ sessionId, search: z.preprocess(blankAsNone, z.string().trim().max(100).optional()) })
  .strict();

const inviteLink = z
  .string({ error: "Paste the invite link of a group." })
  .trim()
  .max(200)
  .refine((text) => inviteCodeOf(text) !== null, {
    error: "This is no invite link. It looks like https://chat.whatsapp.com/ and 22 letters and digits.",
  });

export const openByLinkInput = z.object({ sessionId, inviteLink }).strict();
export const openByKeyInput = z.object({ sessionId, groupKey }).strict();
export const openInput = z.union([openByKeyInput, openByLinkInput]);
export type OpenInput = z.output<typeof openInput>;

/** The last answer about a group, or the one to a question that `open` asked: by a link, the group is not known before. */
export const previewInput = z.union([
  openByKeyInput,
  z.object({ sessionId, question: idSchema("waCommand") }).strict(),
]);
export type PreviewInput = z.output<typeof previewInput>;

export const importInput = z
  .object({
    sessionId,
    groupKey,
    listName: z.preprocess(blankAsNone, z.string().trim().max(80, "At most 80 characters.").optional()),
  })
  .strict();
export type ImportInput = z.output<typeof importInput>;
