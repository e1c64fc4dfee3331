import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { answers, reached } from "../campaigns/results/answers.ts";
import type { MediaView } from "../media/queries.ts";
import { kindOfType } from "../media/rules.ts";
import { type MessageKind, type MessageStatus, reasonSentence } from "../messages/rules.ts";
import { textArray } from "../opt-outs/known-identities.ts";
import type { InboundContent } from "../opt-outs/receive-inbound.ts";
import { readKeyword } from "../opt-outs/rules.ts";
import { cameAt, exactly, isOld, leftAt, ownKinds, readPlace } from "./list.ts";
import { replyAgainProblem } from "./rules.ts";

const MESSAGES_A_PAGE = 50;

interface Told {
  /** Null when it had none, or it is not kept any more. */
  text: string | null;
  /** Its text would have been wiped by now. */
  wiped: boolean;
  at: Date;
}

/** What they wrote. */
export interface TheirMessage extends Told {
  id: Id<"inboundMessage">;
  from: "them";
  content: InboundContent;
  /** The campaign it is put down to. */
  campaign: { id: Id<"campaign">; name: string } | null;
  /** As a whole it was the word that opts out. */
  optsOut: boolean;
}

/** What went to them, or is to go. */
export interface OurMessage extends Told {
  id: Id<"message">;
  from: "us";
  kind: MessageKind;
  status: MessageStatus;
  /** Why it was not sent, in a sentence. */
  reason: string | null;
  /** It was written by hand, failed, and can be tried again. */
  again: boolean;
  file: MediaView | null;
  /** Of a campaign's message. */
  campaign: { id: Id<"campaign">; name: string } | null;
  /** Of an automatic answer: the rule that gave it; without a name when the rule is gone. */
  rule: { id: Id<"autoRule">; name: string | null } | null;
  sentAt: Date | null;
  deliveredAt: Date | null;
  readAt: Date | null;
}

export type ThreadMessage = TheirMessage | OurMessage;

/** Whose messages, and on which phone. */
export interface Chat {
  userId: Id<"user">;
  waSessionId: Id<"waSession">;
  identities: readonly string[];
  contactId: Id<"contact"> | null;
}

/**
 * A page of what was said in a chat, the oldest first; the last page unless `cursor` names where an older one ends. Messages
 * of campaigns are in it once they were handed over, of those who are contacts.
 */
export async function readThread(
  tx: Db,
  chat: Chat,
  cursor?: string,
): Promise<{ messages: ThreadMessage[]; earlierCursor: string | null }> {
  const places = await placesOf(tx, chat, cursor);
  const page = places.slice(0, MESSAGES_A_PAGE);
  const theirs = await readTheirs(
    tx,
    chat,
    page.filter(({ theirs }) => theirs).map(({ id }) => id),
  );
  const ours = await readOurs(
    tx,
    chat,
    page.filter((place) => !place.theirs).map(({ id }) => id),
  );
  const byId = new Map<string, ThreadMessage>([...theirs, ...ours].map((message) => [message.id, message]));
  const first = page.at(-1);
  return {
    messages: page.toReversed().flatMap(({ id }) => byId.get(id) ?? []),
    earlierCursor: places.length > MESSAGES_A_PAGE && first ? `${first.at}|${first.id}` : null,
  };
}

/** The newest first, from the end of each identity's own: however long a chat is, a page costs the same. */
async function placesOf(tx: Db, { userId, waSessionId, identities, contactId }: Chat, cursor?: string) {
  const before = readPlace(cursor);
  const earlier = (at: ReturnType<typeof sql>, id: ReturnType<typeof sql>) =>
    before ? sql`and (${at}, ${id}) < (${before.at}::timestamptz, ${before.id})` : sql``;
  const most = MESSAGES_A_PAGE + 1;
  return tx.execute<{ id: string; theirs: boolean; at: string }>(sql`
    select id, theirs, ${exactly(sql`at`)} as at from (
      select p.* from unnest(${textArray(identities)}) as known(identity) cross join lateral (
        (select i.id, true as theirs, ${cameAt} as at from inbound_messages i
          where i.wa_session_id = ${waSessionId} and i.sender = known.identity ${earlier(cameAt, sql`i.id`)}
          order by ${cameAt} desc, i.id desc limit ${most})
        union all
        (select m.id, false, ${leftAt} from messages m
          where m.wa_session_id = ${waSessionId} and m.recipient_key = known.identity and ${ownKinds}
                ${earlier(leftAt, sql`m.id`)}
          order by ${leftAt} desc, m.id desc limit ${most})) p
      union all
      (select m.id, false, m.sending_at from messages m
        where m.contact_id = ${contactId} and m.user_id = ${userId} and m.wa_session_id = ${waSessionId}
          and m.kind = 'campaign' and m.sending_at is not null ${earlier(sql`m.sending_at`, sql`m.id`)}
        order by m.sending_at desc, m.id desc limit ${most})) places
     order by places.at desc, places.id desc limit ${most}`);
}

async function readTheirs(tx: Db, { userId }: Chat, ids: readonly string[]): Promise<TheirMessage[]> {
  if (ids.length === 0) return [];
  const rows = await tx.execute<Omit<TheirMessage, "from" | "at" | "optsOut"> & { at: string }>(sql`
    select i.id, i.body as text, i.content, i.body is null and ${isOld(sql`least(i.sent_at, i.created_at)`)} as wiped,
           ${exactly(cameAt)} as at,
           (select jsonb_build_object('id', c.id, 'name', c.name) from messages m join campaigns c on c.id = m.campaign_id
             where m.contact_id = i.contact_id and m.user_id = i.user_id and m.kind = 'campaign' and ${reached}
               and ${answers(cameAt)} limit 1) as campaign
      from inbound_messages i where i.user_id = ${userId} and i.id = any(${textArray(ids)})`);
  return rows.map(({ at, ...row }) => ({
    ...row,
    from: "them",
    at: new Date(at),
    optsOut: readKeyword(row.text)?.type === "stop",
  }));
}

async function readOurs(tx: Db, { userId }: Chat, ids: readonly string[]): Promise<OurMessage[]> {
  if (ids.length === 0) return [];
  const rows = await tx.execute<{
    id: Id<"message">;
    kind: MessageKind;
    status: MessageStatus;
    text: string | null;
    wiped: boolean;
    errorCode: string | null;
    file: Omit<MediaView, "kind"> | null;
    campaign: OurMessage["campaign"];
    rule: OurMessage["rule"];
    at: string;
    sentAt: string | null;
    deliveredAt: string | null;
    readAt: string | null;
  }>(sql`
    select m.id, m.kind, m.status, m.resolved_text as text, m.error_code as "errorCode",
           m.resolved_text is null and ${isOld(sql`m.created_at`)} as wiped,
           (select jsonb_build_object('id', f.id, 'fileName', f.file_name, 'mimeType', f.mime_type, 'bytes', f.bytes,
                     'width', f.width, 'height', f.height, 'scan', f.scan, 'removed', f.removed_at is not null)
              from media f where f.id = m.media_id) as file,
           (select jsonb_build_object('id', c.id, 'name', c.name) from campaigns c where c.id = m.campaign_id) as campaign,
           (select jsonb_build_object('id', r.rule_id, 'name', u.name)
              from auto_replies r left join auto_rules u on u.id = r.rule_id where r.message_id = m.id limit 1) as rule,
           ${exactly(leftAt)} as at, ${exactly(sql`m.sent_at`)} as "sentAt", ${exactly(sql`m.delivered_at`)} as "deliveredAt",
           ${exactly(sql`m.read_at`)} as "readAt"
      from messages m where m.user_id = ${userId} and m.id = any(${textArray(ids)})`);
  const moment = (at: string | null) => (at === null ? null : new Date(at));
  return rows.map(({ errorCode, file, at, sentAt, deliveredAt, readAt, ...row }) => ({
    ...row,
    from: "us",
    reason: errorCode === null ? null : reasonSentence(errorCode),
    again:
      row.kind === "manual" &&
      !file?.removed &&
      replyAgainProblem({ ...row, errorCode, mediaId: file?.id ?? null }) === null,
    file: file && { ...file, kind: kindOfType(file.mimeType) },
    at: new Date(at),
    sentAt: moment(sentAt),
    deliveredAt: moment(deliveredAt),
    readAt: moment(readAt),
  }));
}
