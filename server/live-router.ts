import { z } from "zod";
import { router, signedInProcedure } from "./trpc.ts";

/** `since`: when the page was loaded, as the server told it. */
const followInput = z.object({ since: z.number().int().nonnegative() }).strict().optional();

export const liveRouter = router({
  /** One stream per tab, for everything the user may see. An event is a hint to reload, so none has an id or is replayed. */
  events: signedInProcedure.input(followInput).subscription(async function* ({ ctx, input, signal }) {
    yield* ctx.live.follow(ctx.userId, signal ?? new AbortController().signal, input?.since);
  }),
});
