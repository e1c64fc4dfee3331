import { and, asc, eq, gte, inArray, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { consentEvents, inboundMessages, messageEvents, messages } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { obstacle } from "../../messages/obstacle.ts";
import { reasonSentence } from "../../messages/rules.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { recipientAddress } from "../rules.ts";
import type { TimelineInput } from "../schema.ts";
import { againProblem, type Campaign, withPhone } from "./again.ts";

/** A moment in the life of a message. */
export interface Moment {
  at: Date;
  kind:
    | "queued"
    | "handed_over"
    | "sent"
    | "delivered"
    | "read"
    | "ended"
    | "retried"
    | "repeated"
    | "given_up"
    | "reply"
    | "opted_out"
    | "opted_in";
  /** Why, in plain words, or what was answered; null when there is nothing to say or it is not kept. */
  note: string | null;
}

/** What is shown of what somebody did after a message came. */
const LATER = 20;

/** The life of one message of a campaign, oldest first, and what can be done about it now. @throws not_found */
export async function readTimeline(tx: Db, userId: Id<"user">, input: TimelineInput) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const [row] = await tx
    .select()
    .from(messages)
    .where(and(eq(messages.id, input.messageId), eq(messages.campaignId, campaign.id), eq(messages.userId, userId)));
  if (!row) throw new DomainError("not_found");
  const decided = await tx
    .select()
    .from(messageEvents)
    .where(eq(messageEvents.messageId, row.id))
    .orderBy(asc(messageEvents.id));
  const moments: Moment[] = [
    { at: row.createdAt, kind: "queued", note: null },
    ...step(row.sendingAt, "handed_over"),
    ...step(row.sentAt, "sent"),
    ...step(row.deliveredAt, "delivered"),
    ...step(row.readAt, "read"),
    ...step(row.endedAt, "ended", reasonSentence(row.errorCode)),
    ...decided.map(({ at, kind, errorCode }) => ({ at, kind, note: reasonSentence(errorCode ?? "no_answer") })),
    ...(row.contactId && row.sentAt ? await readAnswers(tx, userId, row.contactId, row.sentAt) : []),
  ];
  return {
    id: row.id,
    name: row.recipientName,
    phone: recipientAddress(row.recipientKey),
    contactId: row.contactId,
    status: row.status,
    /** What was planned to be sent; null where nothing was, or 14 days later. */
    text: row.resolvedText,
    hasMedia: row.mediaId !== null,
    submissions: row.submissions,
    /** How often the connection failed before anything was written; when it is tried again, if it is. */
    connectionFailures: row.transportErrors,
    nextTryAt: row.status === "queued" && row.transportErrors > 0 ? row.notBefore : null,
    points: row.costPoints,
    reason: row.errorCode && reasonSentence(row.errorCode),
    moments: moments.sort((a, b) => a.at.getTime() - b.at.getTime()),
    canDo: await readOptions(tx, await withPhone(tx, campaign), row),
  };
}

type Row = typeof messages.$inferSelect;

const step = (at: Date | null, kind: Moment["kind"], note: string | null = null): Moment[] =>
  at === null ? [] : [{ at, kind, note }];

async function readAnswers(tx: Db, userId: Id<"user">, contactId: Id<"contact">, since: Date): Promise<Moment[]> {
  const replies = await tx
    .select({ at: inboundMessages.sentAt, body: inboundMessages.body })
    .from(inboundMessages)
    .where(
      and(
        eq(inboundMessages.userId, userId),
        eq(inboundMessages.contactId, contactId),
        gte(inboundMessages.sentAt, since),
      ),
    )
    .orderBy(asc(inboundMessages.sentAt))
    .limit(LATER);
  const wishes = await tx
    .select({ at: consentEvents.at, kind: consentEvents.kind })
    .from(consentEvents)
    .where(
      and(
        eq(consentEvents.contactId, contactId),
        inArray(consentEvents.kind, ["opted_out", "opted_in"]),
        gte(consentEvents.at, since),
      ),
    )
    .orderBy(asc(consentEvents.at))
    .limit(LATER);
  return [
    ...replies.map(({ at, body }) => ({ at, kind: "reply" as const, note: body })),
    ...wishes.flatMap(({ at, kind }) =>
      kind === "opted_out" || kind === "opted_in" ? [{ at, kind, note: null }] : [],
    ),
  ];
}

/** Whether the user may retry, repeat or give up this message; and if it cannot be tried again, why not. */
async function readOptions(tx: Db, campaign: Campaign, row: Row) {
  const unanswered = row.status === "unknown";
  const nothing = { retry: false, repeat: false, giveUp: unanswered, why: null };
  if (row.status !== "failed" && !unanswered) return nothing;
  const [found] = await tx.execute<{ obstacle: string | null }>(
    sql`select ${obstacle} as obstacle from messages m join campaigns c on c.id = m.campaign_id where m.id = ${row.id}`,
  );
  const problem = againProblem(campaign, {
    status: row.status,
    errorCode: row.errorCode,
    obstacle: found?.obstacle ?? null,
    hasText: row.resolvedText !== null,
    isKept: row.encoded !== null,
  });
  const can = problem === null;
  const why = can || problem === row.errorCode ? null : reasonSentence(problem);
  return { retry: can && !unanswered, repeat: can && unanswered, giveUp: unanswered, why };
}
