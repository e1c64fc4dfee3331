import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { messages } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import type { Env } from "../env.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { mediaProblem } from "../media/queries.ts";
import { moveMessage } from "../messages/move.ts";
import { queueAnswer } from "../messages/queue-answer.ts";
import { keepPairs } from "../opt-outs/known-identities.ts";
import { requireReplyable } from "./composer.ts";
import { ownConversation } from "./conversation.ts";
import { replyLivesSeconds } from "./rules.ts";
import type { ReplyInput, WithdrawInput } from "./schema.ts";

/**
 * Answers somebody by hand, in the chat they wrote in last. It goes the way of every message; outside the hours it waits for
 * them. What is unread in the conversation counts as seen. The same key again is the same reply and sends nothing more.
 * @throws not_found, opted_out, reply_no_consent, plan_expired, reply_phone, account_restricted, reply_closed,
 * daily_cap_reached, media_removed, insufficient_points, and reply_meanwhile when the key belongs to another reply
 */
export async function reply(
  tx: Db,
  { caps, sessionKeys, autoReplyPoints }: Pick<Env, "caps" | "sessionKeys" | "autoReplyPoints">,
  userId: Id<"user">,
  { id, text, key, ...input }: ReplyInput,
): Promise<{ id: Id<"message">; waitsUntil: Date | null }> {
  const mediaId = input.mediaId ?? null;
  await keepErasuresOut(tx, userId);
  await keepPairs(tx, userId);
  const { waSessionId } = await ownConversation(tx, userId, id);
  await tx.execute(sql`select from wa_sessions where id = ${waSessionId} for no key update`);
  const own = await ownConversation(tx, userId, id, "to change");
  const before = await findReply(tx, userId, key);
  if (before) {
    if (before.text === text && before.mediaId === mediaId) return { id: before.id, waitsUntil: null };
    throw new DomainError("reply_meanwhile");
  }
  const { now, leavesAt } = await requireReplyable(tx, own, caps.messagesPerDay);
  const unfit = await mediaProblem(tx, mediaId);
  if (unfit) throw new DomainError(unfit.code, unfit.details);
  const messageId = await queueAnswer(tx, sessionKeys, {
    kind: "manual",
    userId,
    waSessionId,
    to: own.chat,
    contact: own.contact,
    text,
    mediaId,
    inboundId: null,
    pricePoints: autoReplyPoints,
    livesSeconds: replyLivesSeconds(now, leavesAt),
    replyKey: key,
  });
  await tx.execute(sql`update conversations set unread = 0 where id = ${own.id}`);
  await recordAudit(tx, userId, "inbox.replied", { conversationId: own.id, messageId });
  return { id: messageId, waitsUntil: leavesAt > now ? leavesAt : null };
}

async function findReply(tx: Db, userId: Id<"user">, key: string) {
  const [found] = await tx
    .select({ id: messages.id, text: messages.resolvedText, mediaId: messages.mediaId })
    .from(messages)
    .where(and(eq(messages.userId, userId), eq(messages.replyKey, key)));
  return found;
}

/** Takes back what was written by hand and has not left. @throws not_found, reply_gone */
export async function withdrawReply(tx: Db, userId: Id<"user">, { id }: WithdrawInput): Promise<void> {
  const [own] = await tx
    .select({ id: messages.id })
    .from(messages)
    .where(and(eq(messages.id, id), eq(messages.userId, userId), eq(messages.kind, "manual")));
  if (!own) throw new DomainError("not_found");
  const errorCode = "withdrawn";
  if (!(await moveMessage(tx, id, { from: "queued", to: "cancelled", points: "release", errorCode }))) {
    throw new DomainError("reply_gone");
  }
  await recordAudit(tx, userId, "inbox.withdrawn", { messageId: id });
  await publish(tx, userId, "inbox", userId);
}
