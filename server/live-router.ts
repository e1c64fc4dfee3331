import { tracked } from "@trpc/server";
import { noInput, router, signedInProcedure } from "./trpc.ts";

let sequence = 0;

export const liveRouter = router({
  /** One stream per tab, for everything the user may see. An event is a hint to reload, so none needs replaying. */
  events: signedInProcedure.input(noInput).subscription(async function* ({ ctx, signal }) {
    for await (const message of ctx.live.follow(ctx.userId, signal ?? new AbortController().signal)) {
      sequence += 1;
      yield tracked(String(sequence), message);
    }
  }),
});
