import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { mediaLimits } from "../media/rules.ts";
import { TEMPLATE_MAX } from "../templates/rules.ts";

const blankAsNone = (value: unknown) => (value === "" || value === null ? undefined : value);
const id = idSchema("conversation");
const cursor = z.preprocess(blankAsNone, z.string().max(80).optional());

export const CONVERSATIONS_A_PAGE = 30;

export const listInput = z
  .object({
    /** A part of a name, of a number or of what was written. */
    search: z.preprocess(blankAsNone, z.string().trim().max(100).optional()),
    show: z.enum(["all", "unread"]).default("all"),
    waSessionId: z.preprocess(blankAsNone, idSchema("waSession").optional()),
    cursor,
    limit: z.number().int().min(1).max(100).default(CONVERSATIONS_A_PAGE),
  })
  .strict()
  .prefault({});
export type ListInput = z.infer<typeof listInput>;

export const conversationRef = z.object({ id }).strict();

/** `cursor`: where the messages after it begin, which are not asked for again. */
export const messagesInput = z.object({ id, cursor }).strict();
export type MessagesInput = z.infer<typeof messagesInput>;

/** `upTo`: the last message that somebody saw; without it, all of them. */
export const readInput = z
  .object({ id, upTo: z.preprocess(blankAsNone, idSchema("inboundMessage").optional()) })
  .strict();
export type ReadInput = z.infer<typeof readInput>;

const plain = (text: string) => text.replaceAll("\0", "").replace(/\r\n?/g, "\n").trim();

/** The same `key` again is the same reply, however often it is sent. */
export const replyInput = z
  .object({
    id,
    text: z.preprocess((value) => value ?? "", z.string().transform(plain)),
    mediaId: z.preprocess(blankAsNone, idSchema("media").optional()),
    key: z.string().min(1).max(100),
  })
  .strict()
  .superRefine(({ text, mediaId }, context) => {
    const most = mediaId === undefined ? TEMPLATE_MAX : mediaLimits.captionChars;
    const say = (message: string) => context.addIssue({ code: "custom", path: ["text"], message });
    if (text === "" && mediaId === undefined) say("Write a message, or attach a file.");
    if (text.length > most)
      say(
        `${mediaId === undefined ? "WhatsApp takes" : "Under a file WhatsApp takes"} ${most} characters; this has ${text.length}.`,
      );
  });
export type ReplyInput = z.infer<typeof replyInput>;

/** A message that somebody wrote by hand. */
export const messageRef = z.object({ id: idSchema("message") }).strict();
export type MessageRef = z.infer<typeof messageRef>;
