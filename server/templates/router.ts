import { noInput, router, userProcedure } from "../trpc.ts";
import { listTemplates, removeTemplate, renameTemplate, saveTemplate } from "./library.ts";
import { renameTemplateInput, saveTemplateInput, templateRef } from "./schema.ts";

export const templatesRouter = router({
  list: userProcedure.input(noInput).query(({ ctx }) => listTemplates(ctx.db, ctx.userId)),
  save: userProcedure.input(saveTemplateInput).mutation(({ ctx, input }) => saveTemplate(ctx.db, ctx.userId, input)),
  rename: userProcedure
    .input(renameTemplateInput)
    .mutation(({ ctx, input }) => renameTemplate(ctx.db, ctx.userId, input)),
  remove: userProcedure.input(templateRef).mutation(({ ctx, input }) => removeTemplate(ctx.db, ctx.userId, input)),
});
