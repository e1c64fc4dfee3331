import { Hono } from "hono";
import { setPower } from "../chats/power.ts";
import { type WorldView, worldBodies } from "../contract/world.ts";
import { createGroup } from "../groups/changes.ts";
import type { Service } from "../service/service.ts";
import { openAccount } from "./accounts.ts";
import { bodyOf, refuse } from "./http.ts";
import { waitFor } from "./wait.ts";

const worldView = (service: Service): WorldView => {
  const { store, clock } = service.ctx;
  const { user, system } = process.cpuUsage();
  return {
    seed: store.seed,
    now: clock.now(),
    aheadMs: clock.ahead,
    accounts: store.accounts.size,
    phones: store.phones.size,
    groups: store.groups.size,
    connections: service.connections,
    cpuMs: Math.round((user + system) / 1000),
    memoryBytes: process.memoryUsage.rss(),
  };
};

/** The whole world: who is in it, what time it is, waiting, the journal, and beginning anew. */
export const worldRoutes = (service: Service): Hono => {
  const { ctx } = service;
  const app = new Hono();
  app.get("/world", (http) => http.json(worldView(service)));
  app.post("/seed", async (http) => {
    const { accounts = [], phones = [], groups = [] } = await bodyOf(http, worldBodies.seed);
    for (const { phone, name } of accounts) openAccount(ctx, phone, name);
    for (const { phone: number, online, ...settings } of phones) {
      const phone = Object.assign(ctx.store.phone(number), settings);
      setPower(ctx, phone, online ?? phone.online);
    }
    const known = [...ctx.store.groups.values()];
    for (const group of groups) {
      if (!known.some(({ subject, owner }) => subject === group.subject && owner === group.owner))
        createGroup(ctx, group);
    }
    ctx.store.saveNow();
    return http.json(worldView(service));
  });
  app.post("/time", async (http) => {
    const { advanceMs } = await bodyOf(http, worldBodies.time);
    service.advance(advanceMs);
    return http.json({ now: ctx.clock.now() });
  });
  app.post("/wait", async (http) => {
    const { until, timeoutMs } = await bodyOf(http, worldBodies.wait);
    const found = await waitFor(ctx, until, timeoutMs);
    return http.json(found ?? refuse(408, `This did not come true in ${timeoutMs} ms: ${JSON.stringify(until)}.`));
  });
  app.post("/reset", async (http) => {
    await service.reset();
    return http.json(worldView(service));
  });
  app.get("/journal", (http) => http.json(ctx.journal.list()));
  app.delete("/journal", (http) => {
    ctx.journal.clear();
    return http.json([]);
  });
  return app;
};
