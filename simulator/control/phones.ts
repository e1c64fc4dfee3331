import { Hono } from "hono";
import { phoneWrites } from "../chats/phone-writes.ts";
import { reinstall, setPower } from "../chats/power.ts";
import { phoneBodies } from "../contract/phones.ts";
import type { Service } from "../service/service.ts";
import { bodyOf, phoneOf, refuse } from "./http.ts";
import { chatsView, phoneView } from "./views.ts";

/** Any phone: its screen, its settings, and what a person writes on it. */
export const phoneRoutes = ({ ctx }: Service): Hono => {
  const app = new Hono();
  app.get("/:phone", (http) => http.json(phoneView(ctx.store.phone(phoneOf(http)))));
  app.put("/:phone", async (http) => {
    const phone = ctx.store.phone(phoneOf(http));
    const { online = phone.online, ...settings } = await bodyOf(http, phoneBodies.phone);
    Object.assign(phone, settings);
    setPower(ctx, phone, online);
    return http.json(phoneView(phone));
  });
  app.post("/:phone/reinstall", (http) => {
    const phone = ctx.store.phone(phoneOf(http));
    reinstall(ctx, phone);
    return http.json(phoneView(phone));
  });
  app.get("/:phone/chats", (http) => http.json(chatsView(ctx, ctx.store.knownPhone(phoneOf(http)))));
  app.post("/:phone/messages", async (http) => {
    const from = phoneOf(http);
    const { to, ...content } = await bodyOf(http, phoneBodies.message);
    if (from === to) refuse(400, "A phone cannot write to itself here.");
    return http.json({ id: await phoneWrites(ctx, ctx.store.phone(from), to, content) });
  });
  return app;
};
