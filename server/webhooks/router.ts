import { noInput, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { withUser } from "../users/with-user.ts";
import { addEndpoint, changeEndpoint, removeEndpoint, rotateSecret, switchEndpoint } from "./endpoints.ts";
import { failedEndpoints, listDeliveries, listEndpoints, readDelivery } from "./queries.ts";
import { replayDead, replayDelivery } from "./replay.ts";
import * as input from "./schema.ts";
import { openSecretBox } from "./secrets.ts";
import { sendTest } from "./test-send.ts";

/** For what seals a secret: the key of that is read on the system path, before the user's own transaction. */
const withSecretBox = signedInProcedure.use(async ({ ctx, next }) =>
  next({ ctx: { ...ctx, box: await openSecretBox(ctx.db, ctx.env.sessionKeys) } }),
);

export const webhooksRouter = router({
  list: userProcedure.input(noInput).query(({ ctx }) => listEndpoints(ctx.db, ctx.userId)),
  failed: userProcedure.input(noInput).query(({ ctx }) => failedEndpoints(ctx.db, ctx.userId)),
  add: withSecretBox
    .input(input.addEndpointInput)
    .mutation((p) =>
      withUser(p.ctx.db, p.ctx.userId, (tx) => addEndpoint(tx, p.ctx.box, p.ctx.userId, p.input, p.ctx.env.webhooks)),
    ),
  change: userProcedure
    .input(input.changeEndpointInput)
    .mutation((p) => changeEndpoint(p.ctx.db, p.ctx.userId, p.input, p.ctx.env.webhooks)),
  switch: userProcedure
    .input(input.switchEndpointInput)
    .mutation((p) => switchEndpoint(p.ctx.db, p.ctx.userId, p.input)),
  remove: userProcedure.input(input.endpointRef).mutation((p) => removeEndpoint(p.ctx.db, p.ctx.userId, p.input)),
  rotateSecret: withSecretBox.input(input.endpointRef).mutation((p) =>
    // The system path: a user's own transaction may not read the secret that becomes the old one.
    p.ctx.db.transaction((tx) => rotateSecret(tx, p.ctx.box, p.ctx.userId, p.input)),
  ),
  test: signedInProcedure.input(input.endpointRef).mutation(({ ctx, input: ref }) => {
    const { sessionKeys, webhooks } = ctx.env;
    return sendTest({ db: ctx.db, sessionKeys, local: webhooks.local }, ctx.userId, ref);
  }),
  deliveries: userProcedure.input(input.deliveriesInput).query((p) => listDeliveries(p.ctx.db, p.ctx.userId, p.input)),
  delivery: userProcedure.input(input.deliveryRef).query((p) => readDelivery(p.ctx.db, p.ctx.userId, p.input)),
  replay: userProcedure.input(input.deliveryRef).mutation((p) => replayDelivery(p.ctx.db, p.ctx.userId, p.input)),
  replayDead: userProcedure.input(input.replayDeadInput).mutation((p) => replayDead(p.ctx.db, p.ctx.userId, p.input)),
});
