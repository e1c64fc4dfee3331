import { noInput, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { discardImport, undoImport } from "./batch/undo.ts";
import { commitUpload } from "./commit.ts";
import { editRows, mapColumns } from "./map.ts";
import { importPreview, lastImports, readUndo } from "./queries.ts";
import { commitInput, editRowsInput, importRef, mapInput, previewInput, readInput, stageForm } from "./schema.ts";
import { readAgain, stageUpload } from "./stage.ts";

// Those that ask who was erased need the key of the tombstones, which only the system path may read.
export const importsRouter = router({
  list: userProcedure.input(noInput).query(({ ctx }) => lastImports(ctx.db, ctx.userId)),
  preview: userProcedure.input(previewInput).query(({ ctx, input }) => importPreview(ctx.db, ctx.userId, input)),
  stage: signedInProcedure
    .input(stageForm)
    .mutation(({ ctx, input }) => stageUpload(ctx.db, ctx.env, ctx.userId, input)),
  read: signedInProcedure.input(readInput).mutation(({ ctx, input }) => readAgain(ctx.db, ctx.env, ctx.userId, input)),
  map: signedInProcedure.input(mapInput).mutation(({ ctx, input }) => mapColumns(ctx.db, ctx.env, ctx.userId, input)),
  editRows: signedInProcedure
    .input(editRowsInput)
    .mutation(({ ctx, input }) => editRows(ctx.db, ctx.env, ctx.userId, input)),
  commit: signedInProcedure
    .input(commitInput)
    .mutation(({ ctx, input }) => commitUpload(ctx.db, ctx.env, ctx.userId, input)),
  canUndo: userProcedure.input(importRef).query(({ ctx, input }) => readUndo(ctx.db, ctx.userId, input)),
  undo: userProcedure.input(importRef).mutation(({ ctx, input }) => undoImport(ctx.db, ctx.userId, input.importId)),
  discard: userProcedure
    .input(importRef)
    .mutation(({ ctx, input }) => discardImport(ctx.db, ctx.userId, input.importId)),
});
