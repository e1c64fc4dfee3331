import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { DomainError } from "../errors.ts";
import { textArray } from "../opt-outs/known-identities.ts";
import { type Composer, readComposer } from "./composer.ts";
import { phoneOf } from "./rules.ts";
import type { MessagesInput } from "./schema.ts";
import { readThread, type ThreadMessage } from "./thread.ts";

/** A conversation of the user's, and who it is with. */
export interface OwnConversation {
  id: Id<"conversation">;
  userId: Id<"user">;
  waSessionId: Id<"waSession">;
  person: string;
  identities: string[];
  chat: string;
  unread: number;
  contact: { id: Id<"contact">; name: string; consent: boolean } | null;
}

/**
 * A conversation by its id, or the one it was merged into.
 * @param why `to change`: nobody else changes it until this transaction has ended
 * @throws DomainError not_found
 */
export async function ownConversation(
  tx: Db,
  userId: Id<"user">,
  id: Id<"conversation">,
  why: "to read" | "to change" = "to read",
): Promise<OwnConversation> {
  const [found] = await tx.execute<Omit<OwnConversation, "userId"> & Record<string, unknown>>(sql`
    select v.id, v.wa_session_id as "waSessionId", v.person, v.identities, v.chat, v.unread,
           (select jsonb_build_object('id', c.id, 'name', c.name, 'consent', c.consent) from contacts c
             where c.user_id = ${userId} and v.person like 'pn:%' and c.phone_e164 = substr(v.person, 4)) as contact
      from conversations v
     where v.user_id = ${userId} and v.merged_into is null
       and v.id = (select coalesce(o.merged_into, o.id) from conversations o where o.id = ${id} and o.user_id = ${userId})
     ${why === "to change" ? sql`for no key update of v` : sql``}`);
  if (!found) throw new DomainError("not_found");
  const { id: kept, waSessionId, person, identities, chat, unread, contact } = found;
  return { id: kept, userId, waSessionId, person, identities, chat, unread, contact };
}

export interface ConversationView {
  id: Id<"conversation">;
  /** Of the contact they are; null for somebody who is none. */
  name: string | null;
  /** Null while WhatsApp hides their number. */
  phone: string | null;
  contactId: Id<"contact"> | null;
  optedOut: boolean;
  unread: number;
  /** The user's phone that it is on. */
  on: { id: Id<"waSession">; phone: string | null; name: string | null };
  messages: ThreadMessage[];
  /** Where the messages before these end; null when these are the first. */
  earlierCursor: string | null;
  composer: Composer;
  /** Names the present state of the conversation: of several answers to it with this key, one is sent. */
  replyKey: string;
}

/** A conversation with its last messages. @throws DomainError not_found */
export async function getConversation(
  tx: Db,
  userId: Id<"user">,
  { id, cursor }: MessagesInput,
  dailyCap: number,
): Promise<ConversationView> {
  const own = await ownConversation(tx, userId, id);
  const { person, contact, unread } = own;
  const [facts] = await tx.execute<{
    phone: string | null;
    name: string | null;
    optedOut: boolean;
    last: string | null;
  }>(sql`
    select s.phone, s.push_name as name, is_suppressed(${userId}, ${person}) as "optedOut",
           (select max(m.id) from messages m where m.wa_session_id = s.id and m.kind = 'manual'
              and m.recipient_key = any(${textArray(own.identities)})) as last
      from wa_sessions s where s.id = ${own.waSessionId}`);
  const { messages, earlierCursor } = await readThread(tx, { ...own, contactId: contact?.id ?? null }, cursor);
  return {
    id: own.id,
    name: contact?.name || null,
    phone: phoneOf(person),
    contactId: contact?.id ?? null,
    optedOut: facts?.optedOut ?? false,
    unread,
    on: { id: own.waSessionId, phone: facts?.phone ?? null, name: facts?.name ?? null },
    messages,
    earlierCursor,
    composer: await readComposer(tx, own, dailyCap),
    replyKey: `${own.id}|${facts?.last ?? "first"}`,
  };
}

/** A page of the messages before those that were shown. @throws DomainError not_found */
export async function listMessages(tx: Db, userId: Id<"user">, { id, cursor }: MessagesInput) {
  const own = await ownConversation(tx, userId, id);
  const { messages, earlierCursor } = await readThread(tx, { ...own, contactId: own.contact?.id ?? null }, cursor);
  return { messages, earlierCursor };
}
