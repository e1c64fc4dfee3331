import { noInput, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { withUser } from "../users/with-user.ts";
import { planRouter } from "./plans/router.ts";
import { demoRouter } from "./provider/demo/router.ts";
import { buy, goOnPaying } from "./purchases/buy.ts";
import { cancelPurchase } from "./purchases/give-up.ts";
import { forgetMethod } from "./purchases/method.ts";
import { listOffers } from "./purchases/offers.ts";
import { getMethod, getPurchase, listPurchases } from "./purchases/queries.ts";
import * as input from "./purchases/schema.ts";

export const billingRouter = router({
  offers: signedInProcedure.input(noInput).query(async ({ ctx }) => {
    const { provider, currency, tax, contact } = ctx.env.billing;
    const { offers, method } = await withUser(ctx.db, ctx.userId, async (tx) => ({
      offers: await listOffers(tx, ctx.env.billing),
      method: await getMethod(tx, ctx.userId),
    }));
    return { provider, currency, tax, offers, method, contact };
  }),
  buy: signedInProcedure.input(input.buyInput).mutation((p) => buy(p.ctx.db, p.ctx, p.ctx.userId, p.input)),
  pay: signedInProcedure.input(input.payInput).mutation((p) => goOnPaying(p.ctx.db, p.ctx, p.ctx.userId, p.input)),
  cancel: signedInProcedure
    .input(input.purchaseRef)
    .mutation((p) => cancelPurchase(p.ctx.db, p.ctx, p.ctx.userId, p.input.id)),
  purchases: userProcedure.input(input.purchasesInput).query((p) => listPurchases(p.ctx.db, p.ctx.userId, p.input)),
  purchase: userProcedure.input(input.purchaseRef).query((p) => getPurchase(p.ctx.db, p.ctx.userId, p.input.id)),
  forgetMethod: userProcedure.input(noInput).mutation(({ ctx }) => forgetMethod(ctx.db, ctx.userId)),
  plan: planRouter,
  demo: demoRouter,
});
