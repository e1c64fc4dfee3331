import { noInput, router, signedInProcedure, userProcedure } from "../../trpc.ts";
import { getPlan } from "./queries.ts";
import { autoRenewInput, nextPlanInput } from "./schema.ts";
import { closeReminders, setAutoRenew, setNextPlan } from "./settings.ts";

export const planRouter = router({
  get: userProcedure.input(noInput).query(({ ctx }) => getPlan(ctx.db, ctx.env.billing, ctx.userId)),
  setAutoRenew: signedInProcedure
    .input(autoRenewInput)
    .mutation(({ ctx, input }) => ctx.db.transaction((tx) => setAutoRenew(tx, ctx.env.billing, ctx.userId, input))),
  setNextPlan: userProcedure.input(nextPlanInput).mutation(({ ctx, input }) => setNextPlan(ctx.db, ctx.userId, input)),
  closeReminders: userProcedure.input(noInput).mutation(({ ctx }) => closeReminders(ctx.db, ctx.userId)),
});
