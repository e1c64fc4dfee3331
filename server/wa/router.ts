import { noInput, router, userProcedure } from "../trpc.ts";
import { keepSession, readLimits, reconnectSession, unlinkSession } from "./commands.ts";
import { createSession, newQr, removeSession } from "./link.ts";
import { getSession, listSessions } from "./queries.ts";
import { linkInput, newQrInput, sessionRef } from "./schema.ts";

export const waRouter = router({
  list: userProcedure.input(noInput).query(({ ctx }) => listSessions(ctx.db, ctx.userId, ctx.env.caps.messagesPerDay)),
  get: userProcedure
    .input(sessionRef)
    .query(({ ctx, input }) => getSession(ctx.db, ctx.userId, input.id, ctx.env.caps.messagesPerDay)),
  link: userProcedure
    .input(linkInput.optional())
    .mutation(({ ctx, input }) => createSession(ctx.db, ctx.userId, ctx.env, input)),
  newQr: userProcedure.input(newQrInput).mutation(({ ctx, input }) => newQr(ctx.db, ctx.userId, input)),
  unlink: userProcedure.input(sessionRef).mutation(({ ctx, input }) => unlinkSession(ctx.db, ctx.userId, input)),
  reconnect: userProcedure.input(sessionRef).mutation(({ ctx, input }) => reconnectSession(ctx.db, ctx.userId, input)),
  readLimits: userProcedure.input(sessionRef).mutation(({ ctx, input }) => readLimits(ctx.db, ctx.userId, input)),
  keep: userProcedure.input(sessionRef).mutation(({ ctx, input }) => keepSession(ctx.db, ctx.userId, input)),
  remove: userProcedure.input(sessionRef).mutation(({ ctx, input }) => removeSession(ctx.db, ctx.userId, input)),
});
