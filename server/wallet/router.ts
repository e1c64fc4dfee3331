import { z } from "zod";
import { noInput, router, userProcedure } from "../trpc.ts";
import { getWallet, listTxns } from "./queries.ts";

const txnsInput = z
  .object({
    cursor: z
      .string()
      .regex(/^\d{1,9}$/)
      .optional(),
  })
  .strict()
  .default({});

export const walletRouter = router({
  get: userProcedure.input(noInput).query(({ ctx }) => getWallet(ctx.db, ctx.userId)),
  txns: userProcedure.input(txnsInput).query(({ ctx, input }) => listTxns(ctx.db, ctx.userId, input)),
});
