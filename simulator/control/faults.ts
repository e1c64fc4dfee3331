import { Hono } from "hono";
import { faultBodies } from "../contract/faults.ts";
import { endStream } from "../faults/stream-errors.ts";
import { limitsOf, setLimits } from "../limits/limits.ts";
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
  app.post("/:phone/freeze", (http) => {
    const clients = ctx.delivery.liveClients(accountOf(ctx, http));
    for (const client of clients) client.connection.freeze();
    return http.json({ frozen: clients.length });
  });
  app.post("/:phone/stream-error", async (http) => {
    const account = accountOf(ctx, http);
    const { code } = await bodyOf(http, faultBodies.streamError);
    const clients = ctx.delivery.liveClients(account);
    for (const client of clients) endStream(ctx, client, code);
    return http.json({ ended: clients.length });
  });
  app.put("/:phone/delays", async (http) => {
    const account = accountOf(ctx, http);
    account.delays = { ...account.delays, ...(await bodyOf(http, faultBodies.delays)) };
    ctx.store.touch();
    return http.json(account.delays);
  });
  app.get("/:phone/limits", (http) => http.json(limitsOf(ctx, accountOf(ctx, http))));
  app.put("/:phone/limits", async (http) => {
    const account = accountOf(ctx, http);
    const { reachout, newChats } = await bodyOf(http, faultBodies.limits);
    const now = ctx.clock.now();
    const lock = reachout && { until: now + reachout.forMs, type: reachout.type };
    const cap = newChats && {
      total: newChats.total,
      used: newChats.used,
      cycleBegan: now,
      cycleEnds: now + newChats.cycleMs,
    };
    const changed = { ...(lock !== undefined && { reachout: lock }), ...(cap !== undefined && { newChats: cap }) };
    return http.json(setLimits(ctx, account, changed));
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

/** What the server falsifies, for everybody. */
export const tamperingRoutes = ({ ctx }: Service): Hono => {
  const app = new Hono();
  app.get("/", (http) => http.json(ctx.tampering.inForce));
  app.put("/", async (http) => {
    ctx.tampering.set(await bodyOf(http, faultBodies.tampering));
    return http.json(ctx.tampering.inForce);
  });
  app.delete("/", (http) => {
    ctx.tampering.clear();
    return http.json(ctx.tampering.inForce);
  });
  return app;
};
