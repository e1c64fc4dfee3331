import { adminProcedure, noInput, router } from "../trpc.ts";
import { checkLedger } from "../wallet/check.ts";
import { grantPlan, grantPoints } from "./grant.ts";
import { addPack, changePack, changePlanOffer, listAllOffers } from "./offers.ts";
import { findUsers, listChecks, listGrants, readUser } from "./queries.ts";
import * as input from "./schema.ts";

/** Administration. To everybody else it is not there. */
export const adminRouter = router({
  users: adminProcedure.input(input.findUsersInput).query((p) => findUsers(p.ctx.db, p.input.q)),
  user: adminProcedure.input(input.userRef).query((p) => readUser(p.ctx.db, p.input.userId)),
  grants: adminProcedure.input(noInput).query(({ ctx }) => listGrants(ctx.db)),
  grantPoints: adminProcedure
    .input(input.grantPointsInput)
    .mutation((p) => grantPoints(p.ctx.db, p.ctx.userId, p.input)),
  grantPlan: adminProcedure.input(input.grantPlanInput).mutation((p) => grantPlan(p.ctx.db, p.ctx.userId, p.input)),
  offers: adminProcedure.input(noInput).query(async ({ ctx }) => {
    const { currency, tax } = ctx.env.billing;
    return { currency, tax, ...(await listAllOffers(ctx.db)) };
  }),
  changePlanOffer: adminProcedure
    .input(input.planOfferInput)
    .mutation((p) => changePlanOffer(p.ctx.db, p.ctx.userId, p.ctx.env.billing.currency, p.input)),
  changePack: adminProcedure
    .input(input.packInput)
    .mutation((p) => changePack(p.ctx.db, p.ctx.userId, p.ctx.env.billing.currency, p.input)),
  addPack: adminProcedure
    .input(input.newPackInput)
    .mutation((p) => addPack(p.ctx.db, p.ctx.userId, p.ctx.env.billing.currency, p.input)),
  checks: adminProcedure.input(noInput).query(({ ctx }) => listChecks(ctx.db)),
  checkNow: adminProcedure.input(noInput).mutation(({ ctx }) => checkLedger(ctx.db)),
});
