import { Hono } from "hono";
import { accountBodies } from "../contract/accounts.ts";
import { businessAt } from "../graph/numbers.ts";
import type { Context } from "../service/context.ts";
import { removeDevice } from "../service/devices.ts";
import type { Service } from "../service/service.ts";
import type { Account } from "../world/schema.ts";
import { accountOf, bodyOf, refuse } from "./http.ts";
import { accountView, chatsView, sentView } from "./views.ts";

/** The account of a number, made when it is new. Throws 409 for the number of a business, which has no phone to link to. */
export const openAccount = (ctx: Context, phone: string, name: string | undefined): Account => {
  if (businessAt(ctx, phone)) refuse(409, `${phone} is a business number: a number has one or the other.`);
  if (name) ctx.store.phone(phone).name = name;
  return ctx.store.openAccount(phone);
};

/** Accounts, what links to them, and what the server took from them. */
export const accountRoutes = ({ ctx, pairing }: Service): Hono => {
  const app = new Hono();
  app.get("/", (http) => http.json([...ctx.store.accounts.values()].map((each) => accountView(ctx, each))));
  app.post("/", async (http) => {
    const { phone, name } = await bodyOf(http, accountBodies.account);
    const account = openAccount(ctx, phone, name);
    ctx.store.saveNow();
    return http.json(accountView(ctx, account));
  });
  app.get("/:phone", (http) => http.json(accountView(ctx, accountOf(ctx, http))));
  app.put("/:phone", async (http) => {
    const account = accountOf(ctx, http);
    const { name, passkey } = await bodyOf(http, accountBodies.settings);
    if (name) ctx.store.phone(account.phone).name = name;
    account.passkey = passkey ?? account.passkey;
    ctx.store.touch();
    return http.json(accountView(ctx, account));
  });
  app.get("/:phone/connections", (http) => http.json(ctx.delivery.figures(accountOf(ctx, http))));
  app.get("/:phone/chats", (http) => http.json(chatsView(ctx, ctx.store.phone(accountOf(ctx, http).phone))));
  app.get("/:phone/sent", (http) => http.json(sentView(accountOf(ctx, http))));
  app.post("/:phone/scan", async (http) => {
    const account = accountOf(ctx, http);
    const { qr } = await bodyOf(http, accountBodies.scan);
    return http.json({ deviceId: (await pairing.scan(account, qr)).id });
  });
  app.post("/:phone/link-code", async (http) => {
    const account = accountOf(ctx, http);
    const { code } = await bodyOf(http, accountBodies.linkCode);
    return http.json({ deviceId: (await pairing.enterCode(account, code)).id });
  });
  app.post("/:phone/unlink", async (http) => {
    const account = accountOf(ctx, http);
    const { deviceId } = await bodyOf(http, accountBodies.unlink);
    const devices = [...account.devices.values()].filter(({ id }) => deviceId === undefined || id === deviceId);
    for (const device of devices) removeDevice(ctx, account, device);
    return http.json({ removed: devices.length });
  });
  return app;
};
