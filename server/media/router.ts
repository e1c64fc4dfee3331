import { router, signedInProcedure, userProcedure } from "../trpc.ts";
import { addUpload } from "./add.ts";
import { openMedia } from "./deps.ts";
import { getMedia } from "./queries.ts";
import { mediaRef, uploadForm } from "./schema.ts";

export const mediaRouter = router({
  // The judging and scanning of a file takes a while: no transaction is open meanwhile.
  upload: signedInProcedure
    .input(uploadForm)
    .mutation(({ ctx, input }) => addUpload(ctx.db, openMedia(ctx.env), ctx.userId, input)),
  get: userProcedure.input(mediaRef).query(({ ctx, input }) => getMedia(ctx.db, ctx.userId, input)),
});
