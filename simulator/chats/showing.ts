import type { proto } from "@whiskeysockets/baileys";
import { type Saying, sayingOf } from "../content/texts.ts";
import { openAttachment } from "../media/attachments.ts";
import type { Context } from "../service/context.ts";
import { Entries } from "../world/entries.ts";
import type { Media, Phone, Shown } from "../world/schema.ts";

/** What a message has only when it is more than a text between two people. */
const plain = () => ({ author: null, media: null, quoted: null, edited: false, revoked: false, reactions: [] });
type Extra = ReturnType<typeof plain>;
export type NewMessage = Omit<Shown, "copies" | keyof Extra> & Partial<Pick<Shown, keyof Extra>>;

/** What is known of a message before it is opened. */
export interface Heading {
  id: string;
  /** The number of who wrote it. */
  by: string;
  fromMe: boolean;
  /** Milliseconds since 1970, simulated. */
  at: number;
  status: Shown["status"];
}

/** Counts another copy of a message that is shown already; false when it is not. */
export const countAgain = (phone: Phone, peer: string, id: string): boolean => {
  const known = phone.chats.get(peer)?.get(id);
  if (known) known.copies++;
  return known !== undefined;
};

/** Adds a message to a phone's chat with a number or group; a repeated id is counted and shown once. */
export const show = (phone: Phone, peer: string, message: NewMessage): void => {
  const chat = phone.chats.get(peer) ?? new Entries<Shown>();
  phone.chats.set(peer, chat);
  if (!countAgain(phone, peer, message.id)) chat.set(message.id, { ...plain(), ...message, copies: 1 });
};

const authorOf = (phone: Phone, peer: string, message: Shown): string =>
  message.author ?? (message.fromMe ? phone.phone : peer);

/** A person changes what they wrote; an admin may delete what others wrote in the group; anybody reacts. */
const mayChange = (ctx: Context, phone: Phone, peer: string, target: Shown, by: string, change: Saying): boolean => {
  if (change.what === "reaction" || authorOf(phone, peer, target) === by) return true;
  return change.what === "deletion" && Boolean(ctx.store.groups.get(peer)?.participants.get(by)?.admin);
};

/** Applies an edit, a deletion or a reaction to what a phone shows. */
const change = (ctx: Context, phone: Phone, peer: string, by: string, saying: Exclude<Saying, { what: "message" }>) => {
  const target = phone.chats.get(peer)?.get(saying.of);
  if (!target || !mayChange(ctx, phone, peer, target, by, saying)) {
    const why = target ? "somebody else wrote" : "is not there";
    ctx.journal.record("refused", `A ${saying.what} of ${saying.of}, which ${why}.`, { phone: by });
  } else if (saying.what === "edit") {
    if (!target.revoked) Object.assign(target, { text: saying.text, edited: true });
  } else if (saying.what === "deletion") {
    Object.assign(target, { text: "", media: null, quoted: null, revoked: true, reactions: [] });
  } else {
    target.reactions = target.reactions.filter((each) => each.by !== by);
    if (saying.emoji) target.reactions.push({ by, emoji: saying.emoji });
  }
};

type Opened = { text: string; media: Media | null };

const openMedia = async (ctx: Context, heading: Heading, saying: Saying & { what: "message" }): Promise<Opened> => {
  const { text, attachment } = saying;
  if (!attachment) return { text, media: null };
  try {
    return { text, media: await openAttachment(ctx, attachment) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    ctx.journal.record("undecryptable", `The ${attachment.kind} of ${heading.id}: ${why}.`, { phone: heading.by });
    return { text: `[broken ${attachment.kind}] ${text}`.trimEnd(), media: null };
  }
};

/**
 * Shows a decrypted message on a phone, in its chat with a number or group: fetches its media, applies what it changes.
 * Returns its text (caption, edited text), undefined when it says nothing to a person.
 */
export const showMessage = async (
  ctx: Context,
  phone: Phone,
  peer: string,
  heading: Heading,
  message: proto.IMessage,
): Promise<string | undefined> => {
  const { by, ...rest } = heading;
  const saying = sayingOf(message);
  if (!saying) return undefined;
  if (saying.what !== "message") {
    change(ctx, phone, peer, by, saying);
    ctx.store.touch();
    return saying.what === "edit" ? saying.text : "";
  }
  // A copy of what is shown already need not be fetched again.
  if (countAgain(phone, peer, heading.id)) return phone.chats.get(peer)?.get(heading.id)?.text;
  const { text, media } = await openMedia(ctx, heading, saying);
  const author = ctx.store.groups.has(peer) ? by : null;
  show(phone, peer, { ...rest, text, media, quoted: saying.quoted, author });
  ctx.store.touch();
  return text;
};
