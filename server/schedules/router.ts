import { noInput, router, userProcedure } from "../trpc.ts";
import { setScheduleInput } from "./schema.ts";
import { getSchedule, setSchedule } from "./set.ts";

export const schedulesRouter = router({
  get: userProcedure.input(noInput).query(({ ctx }) => getSchedule(ctx.db, ctx.userId)),
  set: userProcedure.input(setScheduleInput).mutation(({ ctx, input }) => setSchedule(ctx.db, ctx.userId, input)),
});
