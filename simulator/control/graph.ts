import { Hono, type Context as Http } from "hono";
import { type BusinessNumberView, businessBodies } from "../contract/graph.ts";
import { businessAt, displayOf, openApp, openNumber, openToken, openWaba, wabaOf } from "../graph/numbers.ts";
import { personReacts, personTaps, setMarketing } from "../graph/receive.ts";
import type { App, BusinessNumber, Waba } from "../graph/schema.ts";
import { setStatus } from "../graph/templates.ts";
import { handshake } from "../graph/webhooks/parcels.ts";
import type { Context } from "../service/context.ts";
import type { Service } from "../service/service.ts";
import { bodyOf, phoneOf, refuse } from "./http.ts";

const appOf = (ctx: Context, id: string): App =>
  ctx.store.business.apps.get(id) ?? refuse(404, `There is no app ${id}: POST /business/numbers makes one.`);

const wabaWith = (ctx: Context, id: string): Waba =>
  ctx.store.business.wabas.get(id) ??
  refuse(404, `There is no business account ${id}: POST /business/numbers makes one.`);

const numberOf = (ctx: Context, http: Http): BusinessNumber => {
  const id = http.req.param("id") ?? "";
  return ctx.store.business.numbers.get(id) ?? refuse(404, `There is no business number with the id ${id}.`);
};

const businessWith = (ctx: Context, phone: string): BusinessNumber =>
  businessAt(ctx, phone) ?? refuse(404, `${phone} is no business number: make it with POST /business/numbers.`);

const view = (ctx: Context, number: BusinessNumber): BusinessNumberView => {
  const { id, phone, displayName, registered, qualityRating, throughput, delays, faults } = number;
  const { id: wabaId, appId, messagingLimit, locked, reviewMs } = wabaOf(ctx, number);
  const { secret, subscription } = appOf(ctx, appId);
  return {
    phone,
    phoneNumberId: id,
    wabaId,
    appId,
    appSecret: secret,
    displayPhoneNumber: displayOf(phone),
    displayName,
    registered,
    qualityRating,
    throughput,
    messagingLimit,
    locked,
    reviewMs,
    delays,
    faults,
    webhookUrl: subscription?.url ?? null,
  };
};

/** The account a new number goes to: the one named, or a new one of the app that is named or new. */
const wabaFor = (
  ctx: Context,
  ids: { wabaId?: string | undefined; appId?: string | undefined },
  name: string,
  secret?: string,
) => {
  if (ids.wabaId !== undefined) return wabaWith(ctx, ids.wabaId);
  return openWaba(ctx, ids.appId === undefined ? openApp(ctx, secret) : appOf(ctx, ids.appId), name);
};

const numberRoutes = (ctx: Context): Hono => {
  const app = new Hono();
  app.get("/", (http) => http.json([...ctx.store.business.numbers.values()].map((each) => view(ctx, each))));
  app.post("/", async (http) => {
    const body = await bodyOf(http, businessBodies.number);
    const { phone, displayName, accessToken, appSecret, ...settings } = body;
    if (ctx.store.accounts.has(phone)) refuse(409, `${phone} is an account of a phone: a number has one or the other.`);
    const known = businessAt(ctx, phone);
    const name = displayName ?? known?.displayName ?? "Business";
    const waba = known ? wabaOf(ctx, known) : wabaFor(ctx, body, name, appSecret);
    const number = known ?? openNumber(ctx, waba, phone, name);
    if (appSecret) appOf(ctx, waba.appId).secret = appSecret;
    change(ctx, number, { displayName: name, ...settings });
    return http.json({ ...view(ctx, number), accessToken: openToken(ctx, waba.appId, { token: accessToken }) });
  });
  app.put("/:id", async (http) => {
    const number = numberOf(ctx, http);
    change(ctx, number, await bodyOf(http, businessBodies.change));
    ctx.store.saveNow();
    return http.json(view(ctx, number));
  });
  app.put("/:id/faults", async (http) => {
    const number = numberOf(ctx, http);
    number.faults = { ...number.faults, ...(await bodyOf(http, businessBodies.faults)) };
    ctx.store.touch();
    return http.json(number.faults);
  });
  app.delete("/:id/faults", (http) => {
    const number = numberOf(ctx, http);
    number.faults = {};
    ctx.store.touch();
    return http.json(number.faults);
  });
  return app;
};

type Change = ReturnType<typeof businessBodies.change.parse>;

/** Sets what is named and leaves the rest. */
const change = (ctx: Context, number: BusinessNumber, asked: Change): void => {
  const waba = wabaOf(ctx, number);
  const { displayName, registered, qualityRating, throughput, delays, locked, messagingLimit, reviewMs } = asked;
  if (displayName !== undefined) {
    number.displayName = displayName;
    ctx.store.phone(number.phone).name = displayName;
  }
  number.registered = registered ?? number.registered;
  number.qualityRating = qualityRating ?? number.qualityRating;
  number.throughput = throughput ?? number.throughput;
  number.delays = { ...number.delays, ...delays };
  waba.locked = locked ?? waba.locked;
  waba.messagingLimit = messagingLimit ?? waba.messagingLimit;
  if (reviewMs !== undefined) waba.reviewMs = reviewMs;
};

const appRoutes = (ctx: Context): Hono => {
  const app = new Hono();
  app.put("/:appId/webhook", async (http) => {
    const target = appOf(ctx, http.req.param("appId"));
    const { url, verifyToken, fields = null } = await bodyOf(http, businessBodies.webhook);
    const why = await handshake(ctx, url, verifyToken);
    if (why) refuse(422, why);
    target.subscription = { url, verifyToken, fields };
    ctx.store.saveNow();
    return http.json(target.subscription);
  });
  app.put("/:appId/webhook-behaviour", async (http) => {
    const target = appOf(ctx, http.req.param("appId"));
    target.behaviour = { ...target.behaviour, ...(await bodyOf(http, businessBodies.behaviour)) };
    ctx.store.touch();
    return http.json(target.behaviour);
  });
  app.get("/:appId/deliveries", (http) => {
    const { id } = appOf(ctx, http.req.param("appId"));
    return http.json(ctx.store.business.attempts.filter(({ appId }) => appId === id));
  });
  return app;
};

/** The business side of the Cloud API: numbers, tokens, webhooks, templates, and what people do to businesses. */
export const businessRoutes = ({ ctx }: Service): Hono => {
  const app = new Hono();
  app.route("/numbers", numberRoutes(ctx));
  app.route("/apps", appRoutes(ctx));
  app.post("/tokens", async (http) => {
    const { appId, expiresInMs, scopes, token } = await bodyOf(http, businessBodies.token);
    const { id } = appOf(ctx, appId);
    const expiresAt = expiresInMs === undefined ? null : ctx.clock.now() + expiresInMs;
    return http.json({ accessToken: openToken(ctx, id, { token, scopes, expiresAt }) });
  });
  app.post("/tokens/:token/expire", (http) => {
    const token = ctx.store.business.tokens.get(http.req.param("token")) ?? refuse(404, "There is no such token.");
    token.expiresAt = ctx.clock.now();
    ctx.store.saveNow();
    return http.json({ expiresAt: token.expiresAt });
  });
  app.post("/templates/:wabaId/:name/status", async (http) => {
    const waba = wabaWith(ctx, http.req.param("wabaId"));
    const name = http.req.param("name");
    const { status, language } = await bodyOf(http, businessBodies.templateStatus);
    const found = [...waba.templates.values()].filter(
      (each) => each.name === name && (language === undefined || each.language === language),
    );
    if (!found.length) refuse(404, `There is no template ${name}: create it with POST /{waba-id}/message_templates.`);
    for (const template of found) setStatus(ctx, waba, template, status);
    return http.json({ changed: found.length });
  });
  app.post("/taps", async (http) => {
    const { from, business, messageId, button } = await bodyOf(http, businessBodies.tap);
    const number = businessWith(ctx, business);
    const id = personTaps(ctx, number, ctx.store.phone(from), messageId, button);
    return http.json({ id: id ?? refuse(404, `${from} has no message ${messageId} with a quick reply ${button}.`) });
  });
  app.post("/reactions", async (http) => {
    const { from, business, messageId, emoji } = await bodyOf(http, businessBodies.reaction);
    return http.json({ id: personReacts(ctx, businessWith(ctx, business), ctx.store.phone(from), messageId, emoji) });
  });
  return app;
};

/** What a person does to a business on their phone's settings page. */
export const marketingRoutes = ({ ctx }: Service): Hono => {
  const app = new Hono();
  app.post("/:phone/marketing", async (http) => {
    const person = ctx.store.phone(phoneOf(http));
    const { business, stop } = await bodyOf(http, businessBodies.marketing);
    setMarketing(ctx, businessWith(ctx, business), person, stop);
    return http.json({ stopped: stop });
  });
  return app;
};
