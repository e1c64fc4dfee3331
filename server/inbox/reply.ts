import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { messageEvents, messages } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import type { Env } from "../env.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { mediaProblem } from "../media/queries.ts";
import { moveMessage } from "../messages/move.ts";
import { queueAnswer } from "../messages/queue-answer.ts";
import { reasonSentence } from "../messages/rules.ts";
import { keepPairs } from "../opt-outs/known-identities.ts";
import { holdPoints } from "../wallet/hold.ts";
import { requireReplyable } from "./composer.ts";
import { ownConversation } from "./conversation.ts";
import { replyAgainProblem, replyLivesSeconds } from "./rules.ts";
import type { MessageRef, ReplyInput } from "./schema.ts";

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
export async function withdrawReply(tx: Db, userId: Id<"user">, { id }: MessageRef): Promise<void> {
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

/**
 * Queues a reply by hand again that failed, under the id it had and with a new hold: what was handed over before was refused
 * or never written, and should it have arrived all the same, the id shows it once. It is refused for what a new one would be.
 * @throws not_found, cannot_retry, opted_out, reply_no_consent, plan_expired, reply_phone, account_restricted, reply_closed,
 * daily_cap_reached, media_removed, insufficient_points
 */
export async function retryReply(
  tx: Db,
  { caps }: Pick<Env, "caps">,
  userId: Id<"user">,
  { id }: MessageRef,
): Promise<{ waitsUntil: Date | null }> {
  await keepErasuresOut(tx, userId);
  await keepPairs(tx, userId);
  const mine = and(eq(messages.id, id), eq(messages.userId, userId), eq(messages.kind, "manual"));
  const [to] = await tx
    .select({ waSessionId: messages.waSessionId, chat: messages.recipientKey })
    .from(messages)
    .where(mine);
  const conversation = to && (await conversationOf(tx, userId, to));
  if (!conversation) throw new DomainError("not_found");
  await tx.execute(sql`select from wa_sessions where id = ${to.waSessionId} for no key update`);
  const own = await ownConversation(tx, userId, conversation, "to change");
  const { now, leavesAt } = await requireReplyable(tx, own, caps.messagesPerDay);
  const [failed] = await tx.select().from(messages).where(mine).for("no key update");
  const problem = failed ? replyAgainProblem({ ...failed, text: failed.resolvedText }) : "message_gone";
  if (!failed || problem) throw new DomainError("cannot_retry", { why: reasonSentence(problem) });
  const unfit = await mediaProblem(tx, failed.mediaId);
  if (unfit) throw new DomainError(unfit.code, unfit.details);
  await tx.execute(sql`
    update messages set status = 'queued', error_code = null, ended_at = null, not_before = now(), transport_errors = 0,
           submissions = 0, encoded = null, sending_at = null, sending_epoch = null, redrive_at = null,
           expires_at = app_now() + ${replyLivesSeconds(now, leavesAt)} * interval '1 second'
     where id = ${id}`);
  const events = {
    id: newId("messageEvent"),
    messageId: id,
    userId,
    kind: "retried",
    errorCode: failed.errorCode,
  } as const;
  await tx.insert(messageEvents).values(events);
  await recordAudit(tx, userId, "inbox.retried", { messageId: id });
  if (failed.pricePoints > 0) await holdPoints(tx, userId, failed.pricePoints);
  await tx.execute(sql`select book_pump(${to.waSessionId})`);
  await publish(tx, userId, "inbox", own.id);
  return { waitsUntil: leavesAt > now ? leavesAt : null };
}

/** The conversation that a chat of a phone belongs to. */
async function conversationOf(
  tx: Db,
  userId: Id<"user">,
  { waSessionId, chat }: { waSessionId: Id<"waSession">; chat: string },
): Promise<Id<"conversation"> | undefined> {
  const [found] = await tx.execute<{ id: Id<"conversation"> }>(sql`
    select id from conversations where user_id = ${userId} and wa_session_id = ${waSessionId} and ${chat} = any(identities)`);
  return found?.id;
}
