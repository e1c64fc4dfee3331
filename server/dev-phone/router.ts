import { noInput, router, signedInProcedure } from "../trpc.ts";
import { withUser } from "../users/with-user.ts";
import { phoneInput, scanInput, writeInput } from "./schema.ts";
import { listPhones, readChats, scanQr, writeFrom } from "./simulator.ts";

/** The pretend phone at /dev/phone: there only when the product talks to the local WhatsApp. */
export const devPhoneRouter = router({
  phones: signedInProcedure.input(noInput).query(({ ctx }) => listPhones(ctx.env)),
  chats: signedInProcedure.input(phoneInput).query(({ ctx, input }) => readChats(ctx.env, input)),
  scan: signedInProcedure
    .input(scanInput)
    .mutation(({ ctx, input }) => withUser(ctx.db, ctx.userId, (tx) => scanQr(tx, ctx.env, ctx.userId, input))),
  write: signedInProcedure.input(writeInput).mutation(({ ctx, input }) => writeFrom(ctx.env, input)),
});
