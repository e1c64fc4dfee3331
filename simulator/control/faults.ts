import { Hono } from "hono";
import { faultBodies } from "../contract/faults.ts";
import type { Service } from "../service/service.ts";
import { accountOf, bodyOf } from "./http.ts";

/** What can be made to go wrong, or slow, for one account. */
export const faultRoutes = ({ ctx }: Service): Hono => {
  const app = new Hono();
  app.post("/:phone/drop", (http) => {
    const clients = ctx.delivery.liveClients(accountOf(ctx, http));
    for (const client of clients) client.connection.drop();
    return http.json({ dropped: clients.length });
  });
  app.put("/:phone/delays", async (http) => {
    const account = accountOf(ctx, http);
    account.delays = { ...account.delays, ...(await bodyOf(http, faultBodies.delays)) };
    ctx.store.touch();
    return http.json(account.delays);
  });
  app.put("/:phone/faults", async (http) => {
    const faults = ctx.faultsOf(accountOf(ctx, http).phone);
    faults.set(await bodyOf(http, faultBodies.faults));
    return http.json(faults.inForce);
  });
  app.delete("/:phone/faults", (http) => {
    const faults = ctx.faultsOf(accountOf(ctx, http).phone);
    faults.clear();
    return http.json(faults.inForce);
  });
  return app;
};
