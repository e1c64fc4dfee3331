import { noInput, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { commitImport, discardImport } from "./commit.ts";
import { importPreview, stagedImports } from "./queries.ts";
import { commitInput, importRef, previewInput, stageForm } from "./schema.ts";
import { stageUpload } from "./stage.ts";

export const importsRouter = router({
  stage: signedInProcedure.input(stageForm).mutation(({ ctx, input }) => stageUpload(ctx.db, ctx.userId, input)),
  preview: userProcedure.input(previewInput).query(({ ctx, input }) => importPreview(ctx.db, ctx.userId, input)),
  staged: userProcedure.input(noInput).query(({ ctx }) => stagedImports(ctx.db, ctx.userId)),
  commit: userProcedure.input(commitInput).mutation(({ ctx, input }) => commitImport(ctx.db, ctx.userId, input)),
  discard: userProcedure
    .input(importRef)
    .mutation(({ ctx, input }) => discardImport(ctx.db, ctx.userId, input.importId)),
});
