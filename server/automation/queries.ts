import { and, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { autoBreakers, autoReplies, contacts, inboundMessages, media, waSessions } from "#db/schema/index.ts";
import { type MediaView, mediaColumns, viewOf } from "../media/queries.ts";
import { OWN_VARIABLES } from "../templates/rules.ts";
import { readHouse, readRules } from "./situation.ts";

/** Everything about a user's automatic answers: the rules in their order with what they did, and what stopped. */
export async function readAutomation(tx: Db, userId: Id<"user">) {
  const rules = await readRules(tx, userId);
  const figures = await readFigures(tx, userId);
  const { mode, paused, maxPerMinute, hours, planActive } = await readHouse(tx, userId);
  return {
    rules: rules.map((rule) => ({
      ...rule,
      ...(figures.get(rule.id) ?? { answersInWeek: 0, lastAnswerAt: null }),
    })),
    files: await filesOf(
      tx,
      userId,
      rules.flatMap(({ responses }) => responses.flatMap(({ mediaId }) => mediaId ?? [])),
    ),
    settings: { mode, paused, maxPerMinute },
    tz: hours.tz,
    planActive,
    stopped: await stoppedPhones(tx, userId),
    phones: await phonesOf(tx, userId),
    ...(await wordsFor(tx, userId)),
  };
}

const SHOWN = 3;
const COLUMNS_AT_MOST = 40;

/** What an answer can say of a contact, and some of them to show it on. */
async function wordsFor(tx: Db, userId: Id<"user">) {
  const columns = await tx.execute<{ name: string }>(sql`
    select distinct jsonb_array_elements_text(columns) as name from contact_lists where user_id = ${userId} order by 1 limit ${COLUMNS_AT_MOST}`);
  const samples = await tx
    .select({ id: contacts.id, name: contacts.name, phoneE164: contacts.phoneE164, attributes: contacts.attributes })
    .from(contacts)
    .where(and(eq(contacts.userId, userId), eq(contacts.consent, true)))
    .orderBy(contacts.id)
    .limit(SHOWN);
  return { variables: [...new Set([...OWN_VARIABLES, ...columns.map(({ name }) => name)])], samples };
}

async function readFigures(tx: Db, userId: Id<"user">) {
  const rows = await tx
    .select({
      ruleId: autoReplies.ruleId,
      answersInWeek: sql<number>`count(*) filter (where ${autoReplies.createdAt} > now() - interval '7 days')::int`,
      lastAnswerAt: sql<Date>`max(${autoReplies.createdAt})`.mapWith(autoReplies.createdAt),
    })
    .from(autoReplies)
    .where(eq(autoReplies.userId, userId))
    .groupBy(autoReplies.ruleId);
  return new Map(rows.map(({ ruleId, ...row }) => [ruleId, row]));
}

async function filesOf(tx: Db, userId: Id<"user">, ids: Id<"media">[]): Promise<MediaView[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .select(mediaColumns)
    .from(media)
    .where(and(eq(media.userId, userId), inArray(media.id, ids)));
  return rows.map(viewOf);
}

/** Phones whose rules stopped by themselves, and who wrote the message at which they did. */
function stoppedPhones(tx: Db, userId: Id<"user">) {
  return tx
    .select({
      waSessionId: autoBreakers.waSessionId,
      phone: waSessions.phone,
      reason: autoBreakers.reason,
      at: autoBreakers.trippedAt,
      person: sql<string>`coalesce(nullif(${contacts.name}, ''),
        case when ${inboundMessages.sender} like 'pn:%' then substr(${inboundMessages.sender}, 4) end, 'somebody')`,
    })
    .from(autoBreakers)
    .innerJoin(waSessions, eq(waSessions.id, autoBreakers.waSessionId))
    .leftJoin(inboundMessages, eq(inboundMessages.id, autoBreakers.inboundId))
    .leftJoin(contacts, eq(contacts.id, inboundMessages.contactId))
    .where(and(eq(autoBreakers.userId, userId), isNull(autoBreakers.resumedAt)))
    .orderBy(autoBreakers.trippedAt);
}

/** The user's phones, the first of them first. */
export const phonesOf = (tx: Db, userId: Id<"user">) =>
  tx
    .select({ id: waSessions.id, phone: waSessions.phone, name: waSessions.pushName })
    .from(waSessions)
    .where(and(eq(waSessions.userId, userId), ne(waSessions.status, "removed")))
    .orderBy(waSessions.id);
