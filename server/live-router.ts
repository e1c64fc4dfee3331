import { noInput, router, signedInProcedure } from "./trpc.ts";

export const liveRouter = router({
  /** One stream per tab, for everything the user may see. An event is a hint to reload, so none has an id or is replayed. */
  events: signedInProcedure.input(noInput).subscription(async function* ({ ctx, signal }) {
    yield* ctx.live.follow(ctx.userId, signal ?? new AbortController().signal);
  }),
});
