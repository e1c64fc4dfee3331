import { noInput, router, userProcedure } from "../../trpc.ts";
import { getBillingDetails, setBillingDetails } from "./details.ts";
import { listReceipts } from "./queries.ts";
import { billingDetailsInput, receiptsInput } from "./schema.ts";

/** Receipts and who they are made out to. The documents themselves are downloads: `/billing/receipts/:id/receipt.pdf`. */
export const receiptsRouter = router({
  list: userProcedure.input(receiptsInput).query((p) => listReceipts(p.ctx.db, p.ctx.userId, p.input)),
  details: userProcedure.input(noInput).query(({ ctx }) => getBillingDetails(ctx.db, ctx.userId)),
  setDetails: userProcedure
    .input(billingDetailsInput)
    .mutation((p) => setBillingDetails(p.ctx.db, p.ctx.userId, p.input)),
});
