import { suppressPhone } from "../opt-outs/suppress.ts";
import { noInput, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { commitImport, discardImport } from "./commit-import.ts";
import { importPreview, stagedImports } from "./import-queries.ts";
import { contactList, contactListsOf, contactsPage, sampleContacts, suppressedPage } from "./queries.ts";
import {
  commitInput,
  importRef,
  listRef,
  pageInput,
  previewInput,
  sampleInput,
  stageForm,
  suppressedInput,
  suppressInput,
} from "./schema.ts";
import { stageUpload } from "./stage-import.ts";

export const contactsRouter = router({
  stage: signedInProcedure.input(stageForm).mutation(({ ctx, input }) => stageUpload(ctx.db, ctx.userId, input)),
  preview: userProcedure.input(previewInput).query(({ ctx, input }) => importPreview(ctx.db, ctx.userId, input)),
  staged: userProcedure.input(noInput).query(({ ctx }) => stagedImports(ctx.db, ctx.userId)),
  commit: userProcedure.input(commitInput).mutation(({ ctx, input }) => commitImport(ctx.db, ctx.userId, input)),
  discard: userProcedure
    .input(importRef)
    .mutation(({ ctx, input }) => discardImport(ctx.db, ctx.userId, input.importId)),

  lists: userProcedure.input(noInput).query(({ ctx }) => contactListsOf(ctx.db, ctx.userId)),
  list: userProcedure.input(listRef).query(({ ctx, input }) => contactList(ctx.db, ctx.userId, input.id)),
  page: userProcedure.input(pageInput).query(({ ctx, input }) => contactsPage(ctx.db, ctx.userId, input)),
  sampleRows: userProcedure.input(sampleInput).query(({ ctx, input }) => sampleContacts(ctx.db, ctx.userId, input)),

  suppressed: userProcedure
    .input(suppressedInput)
    .query(({ ctx, input }) => suppressedPage(ctx.db, ctx.userId, input?.cursor)),
  suppress: userProcedure.input(suppressInput).mutation(({ ctx, input }) => suppressPhone(ctx.db, ctx.userId, input)),
});
