import { noInput, router, userProcedure } from "../trpc.ts";
import { createSession, newQr, removeSession, unlinkSession } from "./link.ts";
import { getSession, listSessions } from "./queries.ts";
import { sessionRef } from "./schema.ts";

export const waRouter = router({
  list: userProcedure.input(noInput).query(({ ctx }) => listSessions(ctx.db, ctx.userId, ctx.env.caps.messagesPerDay)),
  get: userProcedure
    .input(sessionRef)
    .query(({ ctx, input }) => getSession(ctx.db, ctx.userId, input.id, ctx.env.caps.messagesPerDay)),
  link: userProcedure.input(noInput).mutation(({ ctx }) => createSession(ctx.db, ctx.userId, ctx.env)),
  newQr: userProcedure.input(sessionRef).mutation(({ ctx, input }) => newQr(ctx.db, ctx.userId, input)),
  unlink: userProcedure.input(sessionRef).mutation(({ ctx, input }) => unlinkSession(ctx.db, ctx.userId, input)),
  remove: userProcedure.input(sessionRef).mutation(({ ctx, input }) => removeSession(ctx.db, ctx.userId, input)),
});
