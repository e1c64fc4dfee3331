import { suppressPhone } from "../opt-outs/suppress.ts";
import { noInput, router, userProcedure } from "../trpc.ts";
import { contactList, contactListsOf, contactsPage, sampleContacts, suppressedPage } from "./queries.ts";
import { listRef, pageInput, sampleInput, suppressedInput, suppressInput } from "./schema.ts";

export const contactsRouter = router({
  lists: userProcedure.input(noInput).query(({ ctx }) => contactListsOf(ctx.db, ctx.userId)),
  list: userProcedure.input(listRef).query(({ ctx, input }) => contactList(ctx.db, ctx.userId, input.id)),
  page: userProcedure.input(pageInput).query(({ ctx, input }) => contactsPage(ctx.db, ctx.userId, input)),
  sampleRows: userProcedure.input(sampleInput).query(({ ctx, input }) => sampleContacts(ctx.db, ctx.userId, input)),

  suppressed: userProcedure
    .input(suppressedInput)
    .query(({ ctx, input }) => suppressedPage(ctx.db, ctx.userId, input?.cursor)),
  suppress: userProcedure.input(suppressInput).mutation(({ ctx, input }) => suppressPhone(ctx.db, ctx.userId, input)),
});
