import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { noInput, router, userProcedure } from "../trpc.ts";
import { listTxns, offeredCampaigns } from "./history/queries.ts";
import { historyInput } from "./history/schema.ts";
import { setLowPoints } from "./low-points.ts";
import { getWallet } from "./queries.ts";
import { lowPointsInput } from "./schema.ts";
import { readUse } from "./use/queries.ts";

const campaignsInput = z
  .object({ chosen: idSchema("campaign").optional() })
  .strict()
  .default({});

export const walletRouter = router({
  get: userProcedure.input(noInput).query(({ ctx }) => getWallet(ctx.db, ctx.userId)),
  use: userProcedure.input(noInput).query(({ ctx }) => readUse(ctx.db, ctx.userId)),
  txns: userProcedure.input(historyInput).query(({ ctx, input }) => listTxns(ctx.db, ctx.userId, input)),
  campaigns: userProcedure.input(campaignsInput).query(({ ctx, input }) => offeredCampaigns(ctx.db, ctx.userId, input)),
  setLowPoints: userProcedure
    .input(lowPointsInput)
    .mutation(({ ctx, input }) => setLowPoints(ctx.db, ctx.userId, input)),
});
