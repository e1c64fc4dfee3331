import { noInput, router, userProcedure } from "../trpc.ts";
import { getConversation, listMessages } from "./conversation.ts";
import { countUnread, listConversations } from "./list.ts";
import { leaveOut, markRead, markUnread } from "./mark.ts";
import { reply, retryReply, withdrawReply } from "./reply.ts";
import { conversationRef, listInput, messageRef, messagesInput, readInput, replyInput } from "./schema.ts";

export const inboxRouter = router({
  list: userProcedure.input(listInput).query(({ ctx, input }) => listConversations(ctx.db, ctx.userId, input)),
  unread: userProcedure.input(noInput).query(({ ctx }) => countUnread(ctx.db, ctx.userId)),
  get: userProcedure
    .input(messagesInput)
    .query(({ ctx, input }) => getConversation(ctx.db, ctx.userId, input, ctx.env.caps.messagesPerDay)),
  messages: userProcedure.input(messagesInput).query(({ ctx, input }) => listMessages(ctx.db, ctx.userId, input)),
  reply: userProcedure.input(replyInput).mutation(({ ctx, input }) => reply(ctx.db, ctx.env, ctx.userId, input)),
  withdraw: userProcedure.input(messageRef).mutation(({ ctx, input }) => withdrawReply(ctx.db, ctx.userId, input)),
  retry: userProcedure.input(messageRef).mutation(({ ctx, input }) => retryReply(ctx.db, ctx.env, ctx.userId, input)),
  markRead: userProcedure.input(readInput).mutation(({ ctx, input }) => markRead(ctx.db, ctx.userId, input)),
  markUnread: userProcedure.input(conversationRef).mutation(({ ctx, input }) => markUnread(ctx.db, ctx.userId, input)),
  leaveOut: userProcedure.input(conversationRef).mutation(({ ctx, input }) => leaveOut(ctx.db, ctx.userId, input)),
});
