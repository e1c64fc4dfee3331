import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { waCommands } from "#db/schema/index.ts";
import { type Pads, tombstonedAmong } from "../opt-outs/tombstones.ts";
import { ANSWER_HOURS, LARGEST_GROUP } from "./rules.ts";
import { type GroupAnswer, groupAnswer, type OpenInput, type PreviewInput, type ReadGroup } from "./schema.ts";

/** What may be kept of WhatsApp's answer: members whose data the user had erased are counted, and forgotten. */
export async function answerWithoutErased(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  { members, ...group }: ReadGroup,
): Promise<GroupAnswer> {
  const identities = members.flatMap(({ pn, lid }) => (lid ? [pn, lid] : [pn]));
  const gone = await tombstonedAmong(tx, pads, userId, identities);
  const left = members.filter(({ pn, lid }) => !gone.has(pn) && !(lid && gone.has(lid)));
  return { ...group, members: left, erased: members.length - left.length };
}

const ofGroups = sql`${waCommands.kind} in ('list_groups', 'read_group')`;
/** Erases what WhatsApp said of groups, and the invite links it was asked about, when an hour is over. */
export async function expireAnswers(db: Db): Promise<void> {
  const old = sql`${waCommands.expiresAt} < app_now() - ${ANSWER_HOURS} * interval '1 hour'`;
  const told = sql`(${waCommands.status} = 'done' and ${waCommands.result} is not null or ${waCommands.input} <> '{}')`;
  await db
    .update(waCommands)
    .set({ result: null, input: {} })
    .where(and(ofGroups, old, told));
}

export type QuestionState = "unasked" | "asking" | "answered" | "failed";

const state = sql<QuestionState>`case
  when ${waCommands.status} = 'waiting' and ${waCommands.expiresAt} > now() then 'asking'
  when ${waCommands.status} = 'done' and ${waCommands.result} is not null then 'answered'
  when ${waCommands.status} = 'done' then 'unasked' else 'failed' end`;

const isRecent = sql`${waCommands.expiresAt} > app_now() - ${ANSWER_HOURS} * interval '1 hour'`;

/** The last question of a kind to a phone, within the hour that its answer is kept, and what became of it. */
export async function lastQuestion(
  tx: Db,
  userId: Id<"user">,
  sessionId: Id<"waSession">,
  kind: "list_groups" | "read_group",
  which: SQL = sql`true`,
) {
  const [last] = await tx
    .select({
      id: waCommands.id,
      state,
      /** Of one that failed: one that nobody took up in time has no answer. */
      why: sql<string>`coalesce(${waCommands.result} ->> 'why', 'session offline')`,
      result: waCommands.result,
      at: waCommands.createdAt,
      ageMs: sql<number>`extract(epoch from now() - ${waCommands.createdAt})::float8 * 1000`,
    })
    .from(waCommands)
    .where(
      and(
        eq(waCommands.userId, userId),
        eq(waCommands.waSessionId, sessionId),
        eq(waCommands.kind, kind),
        isRecent,
        which,
      ),
    )
    .orderBy(desc(waCommands.id))
    .limit(1);
  return last;
}

/** Which questions are about a group: by its key, or by a link that turned out to lead to it. */
export const aboutGroup = (key: string): SQL =>
  sql`(${waCommands.input} ->> 'groupKey' = ${key} or ${waCommands.result} ->> 'key' = ${key})`;

const isQuestion = (id: Id<"waCommand">): SQL => sql`${waCommands.id} = ${id}`;

/** What WhatsApp last said of a group; undefined when it is not at hand (any more). */
export async function lastAnswer(
  tx: Db,
  userId: Id<"user">,
  { sessionId, groupKey }: Extract<OpenInput, { groupKey: unknown }>,
): Promise<GroupAnswer | undefined> {
  const told = sql`${waCommands.result} ->> 'key' = ${groupKey} and ${waCommands.status} = 'done'`;
  const last = await lastQuestion(tx, userId, sessionId, "read_group", told);
  return last && groupAnswer.parse(last.result);
}

/** The question a preview is about. */
export const questionOf = (tx: Db, userId: Id<"user">, input: PreviewInput) =>
  lastQuestion(
    tx,
    userId,
    input.sessionId,
    "read_group",
    "question" in input ? isQuestion(input.question) : aboutGroup(input.groupKey),
  );

export const isTooLarge = ({ size }: { size: number }): boolean => size > LARGEST_GROUP;
