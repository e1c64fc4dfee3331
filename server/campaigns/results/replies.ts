import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { cameAt } from "../../inbox/list.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { answers, reached } from "./answers.ts";
import { TEXT_DAYS } from "./rules.ts";
import type { RepliesInput } from "./schema.ts";

const REPLIES_PAGE = 20;

/** What somebody answered to a campaign. */
export interface Reply {
  id: Id<"inboundMessage">;
  contactId: Id<"contact">;
  name: string;
  /** Null when it had none, such as a picture, or is not kept any more. */
  text: string | null;
  /** Its text would have been wiped by now. */
  wiped: boolean;
  /** It asked for no more messages. */
  optedOut: boolean;
  at: Date;
}

/** What people who are contacts answered to a campaign, newest first, after `cursor`. @throws DomainError not_found */
export async function listReplies(tx: Db, userId: Id<"user">, input: RepliesInput) {
  const { id } = await getOwnCampaign(tx, userId, input.id);
  const found = await tx.execute<Omit<Reply, "at"> & { at: string }>(sql`
    select i.id, c.id as "contactId", coalesce(nullif(c.name, ''), m.recipient_name) as name, i.body as text,
           i.body is null and least(i.sent_at, i.created_at) < app_now() - make_interval(days => ${TEXT_DAYS}) as wiped,
           exists (select 1 from consent_events e
                    where e.contact_id = m.contact_id and e.user_id = m.user_id and e.kind = 'opted_out'
                      and e.source = 'keyword' and e.at = i.sent_at) as "optedOut",
           to_char(i.sent_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
      from messages m
      join inbound_messages i on i.contact_id = m.contact_id and i.user_id = m.user_id
      join contacts c on c.id = m.contact_id and c.user_id = m.user_id
     where m.campaign_id = ${id} and m.user_id = ${userId} and ${reached} and ${answers(cameAt)}
       and (${input.cursor ?? null}::text is null or i.id < ${input.cursor ?? null})
     order by i.id desc limit ${REPLIES_PAGE + 1}`);
  const page = found.slice(0, REPLIES_PAGE);
  return {
    rows: page.map((row): Reply => ({ ...row, at: new Date(row.at) })),
    nextCursor: found.length > REPLIES_PAGE ? (page.at(-1)?.id ?? null) : null,
  };
}
