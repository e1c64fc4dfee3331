import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { demoPayments } from "#db/schema/index.ts";
import { DomainError } from "../../../errors.ts";
import { publicProcedure, router } from "../../../trpc.ts";
import { cancelPayment, type DemoPayment, findPayment, payByCard } from "./books.ts";
import { payInput, paymentRef } from "./schema.ts";

/** The demo provider's own page. It knows no accounts of ours: whoever has the address of a payment may pay it. */
const demoProcedure = publicProcedure.use(({ ctx, next }) => {
  if (ctx.env.billing.provider !== "demo") throw new DomainError("not_found");
  return next();
});

function shown(payment: DemoPayment | null) {
  // A renewal is charged by nobody's hand: it has no page.
  if (!payment?.returnUrl) throw new DomainError("not_found");
  const { id, amount, currency, description, keepMethod, status, returnUrl } = payment;
  return { id, amount, currency, description, keepMethod, status, returnUrl };
}

const lookUp = (db: Db, id: string) => findPayment(db, eq(demoPayments.id, id)).then(shown);

export const demoRouter = router({
  get: demoProcedure.input(paymentRef).query(({ ctx, input }) => lookUp(ctx.db, input.id)),
  pay: demoProcedure.input(payInput).mutation(async ({ ctx, input }) => {
    await lookUp(ctx.db, input.id);
    return shown(await payByCard(ctx.db, input.id, input.card));
  }),
  cancel: demoProcedure.input(paymentRef).mutation(async ({ ctx, input }) => {
    await lookUp(ctx.db, input.id);
    return shown(await cancelPayment(ctx.db, input.id));
  }),
});
