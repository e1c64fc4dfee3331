import { noInput, router, userProcedure } from "../trpc.ts";
import { addException, removeException } from "./exceptions.ts";
import { getSchedule } from "./get.ts";
import { activateInput, exceptionInput, exceptionRef, setScheduleInput } from "./schema.ts";
import { activateNow, followWindows, pauseAll, setSchedule } from "./set.ts";

export const schedulesRouter = router({
  get: userProcedure.input(noInput).query(({ ctx }) => getSchedule(ctx.db, ctx.userId)),
  set: userProcedure.input(setScheduleInput).mutation(({ ctx, input }) => setSchedule(ctx.db, ctx.userId, input)),
  pause: userProcedure.input(noInput).mutation(({ ctx }) => pauseAll(ctx.db, ctx.userId)),
  resume: userProcedure.input(noInput).mutation(({ ctx }) => followWindows(ctx.db, ctx.userId)),
  activate: userProcedure.input(activateInput).mutation(({ ctx, input }) => activateNow(ctx.db, ctx.userId, input)),
  addException: userProcedure
    .input(exceptionInput)
    .mutation(({ ctx, input }) => addException(ctx.db, ctx.userId, input)),
  removeException: userProcedure
    .input(exceptionRef)
    .mutation(({ ctx, input }) => removeException(ctx.db, ctx.userId, input)),
});
