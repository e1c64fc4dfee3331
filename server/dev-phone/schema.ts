import { z } from "zod";
import { actNames } from "./rules.ts";

/** The largest picture or document that can be written from the page. */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;
const MAX_MEMBERS = 100;

const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);

const NUMBER = /^\+[1-9]\d{7,14}$/;
const HOW = "Enter the number with + and country code, such as +6281200000001.";

export const phone = z.string({ error: "Enter a phone number." }).trim().regex(NUMBER, HOW);
const groupId = z.string().regex(/^[\d-]{5,60}@g\.us$/, "This is not the id of a group.");
const name = z.preprocess(blankAsNone, z.string().trim().max(60, "Keep the name under 60 characters.").optional());
/** A form's switch: the state it is to have. */
const state = z.enum(["on", "off"]);

/** Numbers as people type them: one a line, or with commas between. */
const numbers = z.preprocess(
  (value) => (typeof value === "string" ? value.split(/[\s,;]+/).filter(Boolean) : value),
  z
    .array(z.string().regex(NUMBER, "Enter each number with + and country code, one a line."))
    .max(MAX_MEMBERS, `At most ${MAX_MEMBERS} numbers.`)
    .default([]),
);

export const phoneInput = z.object({ phone }).strict();
export const accountInput = phoneInput.extend({ name });
export const scanInput = accountInput.extend({ sessionId: z.string().max(60) });
export const linkCodeInput = phoneInput.extend({
  code: z
    .string({ error: "Enter the code." })
    .trim()
    .regex(/^[A-Za-z0-9]{4}[- ]?[A-Za-z0-9]{4}$/, "The code has 8 letters and digits, such as ABCD-1234."),
});
export const unlinkInput = phoneInput.extend({ deviceId: z.coerce.number().int().min(1) });
export const passkeyInput = phoneInput.extend({ to: state });

/** A chat of a phone: with a person, or in a group. */
export const chatWith = z.union([phone, groupId]);
export const chatInput = z.object({ phone, with: chatWith }).strict();
export const newChatInput = z.object({ phone, with: phone, name }).strict();

export const writeInput = z
  .object({
    from: phone,
    to: chatWith,
    text: z.preprocess(blankAsNone, z.string().trim().max(4_096, "Keep it under 4,096 characters.").optional()),
    /** The id of the message that this one replies to. */
    quoted: z.preprocess(blankAsNone, z.string().max(100).optional()),
    file: z
      .instanceof(File, { message: "Choose a file." })
      .refine(({ size }) => size <= MAX_FILE_BYTES, "The file is larger than 5 MB. Choose a smaller one.")
      .optional(),
  })
  .strict()
  .refine(({ text, file }) => text !== undefined || file !== undefined, {
    path: ["text"],
    message: "Write a text or choose a file.",
  });
export type WriteInput = z.output<typeof writeInput>;

/** What a person can switch on their phone, or WhatsApp on their number. */
export const personSettings = ["onWhatsApp", "readReceipts", "online", "hidden"] as const;
export const personInput = phoneInput.extend({ setting: z.enum(personSettings), to: state });

export const groupInput = z
  .object({
    owner: phone,
    subject: z.string({ error: "Give the group a name." }).trim().min(1, "Give the group a name.").max(100),
    members: numbers,
    hiddenMembers: numbers,
  })
  .strict()
  .refine(({ members, hiddenMembers }) => members.length + hiddenMembers.length > 0, {
    path: ["members"],
    message: "Enter at least one number besides your own.",
  });
export type GroupInput = z.output<typeof groupInput>;

export const addMembersInput = z
  .object({ groupId, members: numbers.refine((list) => list.length > 0, "Enter at least one number.") })
  .strict();
export const memberInput = z
  .object({ groupId, phone, action: z.enum(["remove", "leave", "promote", "demote"]) })
  .strict();

export const faultInput = phoneInput.extend({ fault: z.enum(actNames) });
