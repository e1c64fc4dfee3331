import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { cameAt } from "../../inbox/list.ts";
import { ANSWER_DAYS } from "./rules.ts";

/** SQL: WhatsApp accepted the message `m`. */
export const reached = sql`m.status in ('sent', 'delivered', 'read')`;

/** SQL: a message was handed over then. */
const handedOver = (of: SQL) => sql`coalesce(${of}.sending_at, ${of}.sent_at)`;

/**
 * SQL: what a person did at `at` is put down to the message `m` that they got: it came within seven days, and no other
 * campaign had reached them meanwhile.
 * @param at to the microsecond (`cameAt` of a message), for two campaigns may reach somebody within a second
 */
export const answers = (at: SQL): SQL => sql`
  (${at} >= ${handedOver(sql`m`)} and ${at} < ${handedOver(sql`m`)} + make_interval(days => ${ANSWER_DAYS})
   and not exists (select 1 from messages n
                    where n.contact_id = m.contact_id and n.user_id = m.user_id and n.kind = 'campaign'
                      and n.campaign_id <> m.campaign_id and n.status in ('sent', 'delivered', 'read')
                      and n.sending_at > m.sending_at and ${handedOver(sql`n`)} <= ${at}))`;

/** SQL: the replies that are put down to the message `m`, as `i`. */
export const repliesTo = sql`inbound_messages i
  where i.contact_id = m.contact_id and i.user_id = m.user_id and ${answers(cameAt)}`;

/**
 * SQL: when the opt-out `e` came: with the message that was its word. One in a group's chat is not kept, and counts as written
 * at the end of its second, which is all that WhatsApp tells.
 */
const optedOutAt = sql`coalesce(
  (select max(${cameAt}) from inbound_messages i where i.contact_id = e.contact_id and i.user_id = e.user_id and i.sent_at = e.at),
  e.at + interval '999999 microseconds')`;

/** SQL: the opt-outs, by the person's own word, that are put down to the message `m`, as `e`. */
export const optOutsAfter = sql`consent_events e
  where e.contact_id = m.contact_id and e.user_id = m.user_id and e.kind = 'opted_out' and e.source = 'keyword'
    and ${answers(optedOutAt)}`;

export interface Answers {
  /** People who wrote back, whatever they wrote. */
  replied: number;
  /** People who asked not to be messaged again. */
  optedOut: number;
  /** People who did both: their STOP is a reply as well. */
  both: number;
}

/**
 * Who of those a campaign reached answered it, as far as they are contacts still: of who was removed nothing tells any more
 * whose messages those were. In a group's chat nobody is counted: what is written there is not kept.
 */
export async function countAnswers(tx: Db, userId: Id<"user">, campaignId: Id<"campaign">): Promise<Answers> {
  const [row] = await tx.execute<Answers & Record<string, unknown>>(sql`
    select count(*) filter (where replied)::int as replied, count(*) filter (where out)::int as "optedOut",
           count(*) filter (where replied and out)::int as both
      from (select exists (select 1 from ${repliesTo}) as replied, exists (select 1 from ${optOutsAfter}) as out
              from messages m where m.campaign_id = ${campaignId} and m.user_id = ${userId} and ${reached}) of_each`);
  return row ?? { replied: 0, optedOut: 0, both: 0 };
}

/** How many people wrote back to each of these campaigns. */
export async function countReplied(
  tx: Db,
  userId: Id<"user">,
  campaignIds: readonly Id<"campaign">[],
): Promise<Map<string, number>> {
  if (campaignIds.length === 0) return new Map();
  // One campaign after the other, by the index: together they look like most of the table.
  const rows = await tx.execute<{ id: string; n: number }>(sql`
    select c.id, (select count(*) from messages m
                   where m.campaign_id = c.id and m.user_id = ${userId} and ${reached}
                     and exists (select 1 from ${repliesTo}))::int as n
      from jsonb_array_elements_text(${JSON.stringify(campaignIds)}::text::jsonb) as c(id)`);
  return new Map(rows.map(({ id, n }) => [id, n]));
}
