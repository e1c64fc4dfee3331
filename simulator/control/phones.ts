import { Hono } from "hono";
import { openChat } from "../chats/opening.ts";
import { phoneWrites } from "../chats/phone-writes.ts";
import { reinstall, setPower } from "../chats/power.ts";
import { MIME_TYPE, phoneBodies } from "../contract/phones.ts";
import type { Service } from "../service/service.ts";
import type { Media, Phone } from "../world/schema.ts";
import { bodyOf, phoneOf, refuse } from "./http.ts";
import { chatsView, phoneView } from "./views.ts";

/** So many phones are listed; a world may have a hundred thousand. */
const LISTED = 500;

/** A picture or file that this phone shows. */
const shownMedia = (phone: Phone | undefined, sha256: string): Media | undefined => {
  for (const chat of phone?.chats.values() ?? []) {
    for (const { media } of chat.values()) if (media?.sha256 === sha256) return media;
  }
  return undefined;
};

/** What strangers sent must not act in the name of this origin. */
const inert = (media: Media) => ({
  "content-type": MIME_TYPE.test(media.mimeType) ? media.mimeType : "application/octet-stream",
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
});

/** Any phone: its screen, its settings, and what a person writes on it. */
export const phoneRoutes = ({ ctx }: Service): Hono => {
  const app = new Hono();
  app.get("/", (http) => http.json([...ctx.store.phones.values()].slice(-LISTED).reverse().map(phoneView)));
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
  app.get("/:phone/media/:sha256", async (http) => {
    const sha256 = http.req.param("sha256");
    const media = shownMedia(ctx.store.knownPhone(phoneOf(http)), sha256);
    const bytes = media && (await ctx.media.pictures.read(sha256));
    if (!bytes) return refuse(404, "This phone shows no such picture or file.");
    return http.body(new Uint8Array(bytes), 200, inert(media));
  });
  app.post("/:phone/messages", async (http) => {
    const from = phoneOf(http);
    const { to, media, ...content } = await bodyOf(http, phoneBodies.message);
    if (from === to) refuse(400, "A phone cannot write to itself here.");
    const phone = ctx.store.phone(from);
    const { quoted } = content;
    if (quoted !== undefined && !phone.chats.get(to)?.has(quoted)) {
      refuse(404, `There is no message ${quoted} in the chat of ${from} with ${to}.`);
    }
    const opened = media && { ...media, data: Buffer.from(media.data, "base64") };
    return http.json({ id: await phoneWrites(ctx, phone, to, { ...content, media: opened }) });
  });
  app.post("/:phone/read", async (http) => {
    const phone = ctx.store.phone(phoneOf(http));
    const body = await bodyOf(http, phoneBodies.read);
    return http.json({ read: openChat(ctx, phone, body.with) });
  });
  return app;
};
