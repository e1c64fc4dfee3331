import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { TEXT_DAYS } from "../campaigns/results/rules.ts";
import type { MessageStatus } from "../messages/rules.ts";
import type { InboundContent } from "../opt-outs/receive-inbound.ts";
import { phoneOf } from "./rules.ts";
import type { ListInput } from "./schema.ts";

/** The last message of a conversation, campaigns aside. */
export interface LastMessage {
  /** Their own; else what went to them. */
  theirs: boolean;
  /** Null when there is none, or it is not kept any more. */
  text: string | null;
  content: InboundContent;
  /** The name of the file that went with it. */
  fileName: string | null;
  /** Of what went to them. */
  status: MessageStatus | null;
  /** Its text would have been wiped by now. */
  wiped: boolean;
  /** Who said it, of what went to them: a person; a rule by its name, if it is still there; the confirmation of an opt-out. */
  by: "manual" | "auto_reply" | "opt_out" | null;
  rule: string | null;
}

export interface ConversationRow {
  id: Id<"conversation">;
  waSessionId: Id<"waSession">;
  /** Of the contact they are; null for somebody who is none. */
  name: string | null;
  /** Null while WhatsApp hides their number. */
  phone: string | null;
  optedOut: boolean;
  unread: number;
  lastAt: Date;
  last: LastMessage | null;
}

/** SQL: older than texts are kept. */
export const isOld = (at: SQL): SQL => sql`${at} < app_now() - make_interval(days => ${TEXT_DAYS})`;

/** SQL: kinds of messages that belong to conversations whether or not somebody is a contact; as the index says it. */
export const ownKinds = sql`m.kind in ('opt_out', 'auto_reply', 'manual')`;

/** SQL: when a message of ours left, or was written if it has not; as the index says it. */
export const leftAt = sql`coalesce(m.sending_at, m.created_at)`;

/** SQL: when a message of theirs came, among ours: WhatsApp tells whole seconds, the order within one is ours; as the index says it. */
export const cameAt = sql`came_at(i.sent_at, i.created_at)`;

/** SQL: an instant, exactly. */
export const exactly = (at: SQL): SQL => sql`to_char(${at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** A place in an order by time and id; null for what is none. */
export function readPlace(cursor: string | undefined): { at: string; id: string } | null {
  const [at = "", id = ""] = cursor?.split("|") ?? [];
  return Number.isNaN(Date.parse(at)) ? null : { at, id };
}

/** A page of the user's conversations, the newest first. */
export async function listConversations(
  tx: Db,
  userId: Id<"user">,
  input: ListInput,
): Promise<{ rows: ConversationRow[]; nextCursor: string | null }> {
  const place = readPlace(input.cursor);
  const found = await tx.execute<Omit<ConversationRow, "phone" | "lastAt"> & { person: string; at: string }>(sql`
    select v.id, v.wa_session_id as "waSessionId", v.person, v.unread, v.at,
           nullif(c.name, '') as name, is_suppressed(${userId}, v.person) as "optedOut", to_jsonb(last) as last
      from (select v.*, ${exactly(sql`v.last_at`)} as at from conversations v
             where v.user_id = ${userId} and v.merged_into is null
               ${input.show === "unread" ? sql`and v.unread > 0` : sql``}
               ${input.waSessionId ? sql`and v.wa_session_id = ${input.waSessionId}` : sql``}
               ${place ? sql`and (v.last_at, v.id) < (${place.at}::timestamptz, ${place.id})` : sql``}
               ${input.search ? sql`and ${speaksOf(userId, input.search)}` : sql``}
             order by v.last_at desc, v.id desc limit ${input.limit + 1}) v
      left join lateral (${contactOf(userId, sql`v.person`)}) c on true
      left join lateral (${lastMessage}) last on true
     order by v.last_at desc, v.id desc`);
  const page = found.slice(0, input.limit);
  const end = page.at(-1);
  return {
    rows: page.map(({ person, at, ...row }) => ({ ...row, phone: phoneOf(person), lastAt: new Date(at) })),
    nextCursor: found.length > input.limit && end ? `${end.at}|${end.id}` : null,
  };
}

/** SQL: the contact that somebody is. With its limit it is asked for each of them: there may be a million contacts. */
const contactOf = (userId: Id<"user">, person: SQL): SQL => sql`
  select c.name from contacts c
   where c.user_id = ${userId} and ${person} like 'pn:%' and c.phone_e164 = substr(${person}, 4) limit 1`;

/** SQL: the last message of the conversation `v`, from the end of each identity's own. */
const lastMessage = sql`
  select l.theirs, l.text, l.content, l."fileName", l.status, l.wiped, l.by,
         (select u.name from auto_replies r join auto_rules u on u.id = r.rule_id
           where l.by = 'auto_reply' and r.message_id = l.id limit 1) as rule
    from unnest(v.identities) as known(identity) cross join lateral (
    (select true as theirs, i.body as text, i.content, null as "fileName", null as status, null as by,
            ${isOld(sql`least(i.sent_at, i.created_at)`)} as wiped, ${cameAt} as at, i.id
       from inbound_messages i where i.wa_session_id = v.wa_session_id and i.sender = known.identity
      order by ${cameAt} desc, i.id desc limit 1)
    union all
    (select false, m.resolved_text, 'text', (select f.file_name from media f where f.id = m.media_id), m.status, m.kind,
            ${isOld(sql`m.created_at`)}, ${leftAt}, m.id
       from messages m where m.wa_session_id = v.wa_session_id and m.recipient_key = known.identity and ${ownKinds}
      order by ${leftAt} desc, m.id desc limit 1)) l
   order by l.at desc, l.id desc limit 1`;

/**
 * SQL: the conversation `v` is with somebody of this name or number, or this was said in it. Capitals do not matter. Texts
 * of campaigns are not looked at: they are the same for everybody.
 */
function speaksOf(userId: Id<"user">, search: string): SQL {
  const words = search.toLowerCase();
  const digits = search.replace(/[\s().+-]/g, "");
  const number = /^\d{3,15}$/.test(digits) ? sql`or v.person like ${`pn:%${digits}%`}` : sql``;
  return sql`(
    v.id in (
      select w.id from conversations w cross join lateral (${contactOf(userId, sql`w.person`)}) c
       where w.user_id = ${userId} and strpos(search_fold(c.name), nullif(search_fold(${search}), '')) > 0)
    ${number}
    or v.id in (
      select w.id from conversations w cross join unnest(w.identities) as known(identity) join (
        select i.wa_session_id, i.sender as identity from inbound_messages i
         where i.user_id = ${userId} and i.body is not null and strpos(lower(i.body), ${words}) > 0
        union
        select m.wa_session_id, m.recipient_key from messages m
         where m.wa_session_id in (select id from wa_sessions where user_id = ${userId}) and ${ownKinds}
           and strpos(lower(m.resolved_text), ${words}) > 0) said
        on said.wa_session_id = w.wa_session_id and said.identity = known.identity
       where w.user_id = ${userId}))`;
}

/** How many conversations hold something that nobody has seen. */
export async function countUnread(tx: Db, userId: Id<"user">): Promise<number> {
  const [row] = await tx.execute<{ n: number }>(
    sql`select count(*)::int as n from conversations where user_id = ${userId} and unread > 0`,
  );
  return row?.n ?? 0;
}
