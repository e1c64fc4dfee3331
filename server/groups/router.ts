import { DomainError } from "../errors.ts";
import { noInput, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { openGroup, refreshGroups } from "./ask.ts";
import { importGroup } from "./import.ts";
import { listGroups, previewGroup } from "./queries.ts";
import { importInput, listInput, openInput, previewInput, refreshInput } from "./schema.ts";

const refuseWhenOff = (on: boolean) => {
  if (!on) throw new DomainError("group_import_off");
};

const groupProcedure = userProcedure.use(({ ctx, next }) => {
  refuseWhenOff(ctx.env.groupImport);
  return next();
});

export const groupsRouter = router({
  /** Whether group import is switched on. */
  available: signedInProcedure.input(noInput).query(({ ctx }) => ctx.env.groupImport),
  refresh: groupProcedure.input(refreshInput).mutation(({ ctx, input }) => refreshGroups(ctx.db, ctx.userId, input)),
  list: groupProcedure.input(listInput).query(({ ctx, input }) => listGroups(ctx.db, ctx.userId, input)),
  open: groupProcedure.input(openInput).mutation(({ ctx, input }) => openGroup(ctx.db, ctx.userId, input)),
  preview: groupProcedure.input(previewInput).query(({ ctx, input }) => previewGroup(ctx.db, ctx.userId, input)),
  import: signedInProcedure.input(importInput).mutation(({ ctx, input }) => {
    refuseWhenOff(ctx.env.groupImport);
    return importGroup(ctx.db, ctx.env.sessionKeys, ctx.userId, input);
  }),
});
