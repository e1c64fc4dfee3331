import { once } from "node:events";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono, type Context as Http } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Context } from "../../service/context.ts";
import { GraphRefusal, unknownObject } from "../errors.ts";
import { ATTACHMENTS, downloaded, LARGEST_MEDIA, mediaOf, mediaView, takeUpload } from "../media.ts";
import { sendMessage } from "../messages.ts";
import { MANAGEMENT_SCOPE, MESSAGING_SCOPE, traceId } from "../numbers.ts";
import type { BusinessNumber } from "../schema.ts";
import { resumeStatuses } from "../statuses.ts";
import { createTemplate, deleteTemplates, listTemplates, resumeReviews, templateView } from "../templates.ts";
import { resumeWebhooks } from "../webhooks/events.ts";
import { handshake, resumeParcels } from "../webhooks/parcels.ts";
import { answerable, appOnly, type Caller, callerOf, number, scoped, waba } from "./access.ts";
import { numberView, tokenView, wabaView } from "./views.ts";

type Env = { Bindings: HttpBindings };
type Call = Http<Env>;

/** Room for the form around the largest file. */
const UPLOAD_LIMIT = LARGEST_MEDIA + 1024 * 1024;
const MESSAGE_LIMIT = 1024 * 1024;

const jsonOf = async (http: Call): Promise<unknown> => {
  try {
    return await http.req.json();
  } catch {
    throw new GraphRefusal(100, { details: "The body is not JSON." });
  }
};

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? { ...value } : {};

/** The caller never hears what became of its request. */
const leave = async (http: Call, how: "cut" | "hang"): Promise<Response> => {
  if (how === "cut") http.env.incoming.socket.destroy();
  else await once(http.env.outgoing, "close");
  return RESPONSE_ALREADY_SENT;
};

const proxyPage = (http: Call, status: number): Response =>
  // Hono's type lists the known statuses; the contract allows every 5xx.
  http.html(`<html><body><h1>${status}</h1></body></html>`, status as ContentfulStatusCode);

/** Answers `POST …/messages`, unless an ordered fault comes in between. */
const answerMessage = async (ctx: Context, http: Call, caller: Caller, from: BusinessNumber): Promise<Response> => {
  const body = await jsonOf(http);
  const { timeouts, http5xx } = from.faults;
  const send = () => sendMessage(ctx, from, body, caller.version);
  if (timeouts) {
    from.faults.timeouts = timeouts.count > 1 ? { ...timeouts, count: timeouts.count - 1 } : undefined;
    ctx.journal.record("fault", `business number ${from.id}: ${timeouts.how} ${timeouts.when} the message was taken`);
    if (timeouts.when === "after") send();
    return leave(http, timeouts.how);
  }
  if (http5xx) {
    from.faults.http5xx = http5xx.count > 1 ? { ...http5xx, count: http5xx.count - 1 } : undefined;
    ctx.journal.record("fault", `business number ${from.id}: a bare ${http5xx.status}`);
    if (http5xx.accepted) send();
    return proxyPage(http, http5xx.status);
  }
  return http.json(send());
};

/** `GET /{id}`: whatever has this id. */
const view = (ctx: Context, http: Call, caller: Caller): object => {
  const id = http.req.param("id") ?? "";
  const { business } = ctx.store;
  const url = new URL(http.req.url);
  const fields = url.searchParams.get("fields")?.split(",");
  const media = mediaOf(ctx, caller.appId, id);
  if (media) return mediaView(ctx, scoped(caller, MESSAGING_SCOPE) && media, url.origin);
  if (business.numbers.has(id)) return numberView(ctx, number(ctx, http, caller, MANAGEMENT_SCOPE), fields);
  if (business.wabas.has(id)) return wabaView(waba(ctx, http, caller), fields);
  for (const { appId, templates } of business.wabas.values()) {
    const template = appId === caller.appId ? templates.get(id) : undefined;
    if (template) return templateView(template, fields);
  }
  throw unknownObject("GET", id);
};

/** `POST /{app-id}/subscriptions`, with the app's own token. */
const subscribe = async (ctx: Context, http: Call): Promise<object> => {
  const app = appOnly(ctx, http);
  const asked = { ...Object.fromEntries(new URL(http.req.url).searchParams), ...record(await jsonOf(http)) };
  const { callback_url: url, verify_token: verifyToken = "", fields } = asked;
  if (typeof url !== "string" || !URL.canParse(url) || !/^https?:/.test(url) || typeof verifyToken !== "string") {
    throw new GraphRefusal(100, { details: "callback_url and verify_token are required." });
  }
  const why = await handshake(ctx, url, verifyToken);
  if (why) throw new GraphRefusal(100, { subcode: 2200, message: `(#2200) Callback verification failed: ${why}` });
  const list = typeof fields === "string" ? fields.split(",") : Array.isArray(fields) ? fields.map(String) : null;
  app.subscription = { url, verifyToken, fields: list };
  ctx.store.saveNow();
  return { success: true };
};

const answerError = (ctx: Context, http: Call, error: Error): Response => {
  if (!(error instanceof GraphRefusal)) process.stderr.write(`simulator: ${error.stack}\n`);
  const refusal = error instanceof GraphRefusal ? error : new GraphRefusal(1);
  const trace = traceId(ctx);
  http.header("x-fb-trace-id", trace);
  http.header("www-authenticate", refusal.code === 190 ? 'OAuth "Facebook Platform" "invalid_token"' : undefined);
  return http.json(refusal.envelope(trace), refusal.status as ContentfulStatusCode);
};

/** The Graph API under `/v{NN}.{N}/`. Starts what a restart interrupted. */
export const graphRoutes = (ctx: Context): Hono<Env> => {
  resumeReviews(ctx);
  resumeStatuses(ctx);
  resumeParcels(ctx);
  resumeWebhooks(ctx);
  const app = new Hono<Env>();
  const tooLarge = (): never => {
    throw new GraphRefusal(100, { details: "The request is too large." });
  };
  app.onError((error, http) => answerError(ctx, http, error));
  app.get(ATTACHMENTS, async (http) => {
    const found = await downloaded(ctx, callerOf(ctx, http).appId, http.req.query());
    if (!found) return http.text("URL signature mismatch or expired", 404);
    return http.body(new Uint8Array(found.bytes), 200, { "content-type": found.media.mimeType });
  });
  const graph = new Hono<Env>();
  graph.onError((error, http) => answerError(ctx, http, error));
  graph.use(answerable);
  graph.get("/me", (http) => {
    const { appId } = callerOf(ctx, http);
    return http.json({ name: `System user of ${appId}`, id: appId });
  });
  graph.get("/debug_token", (http) => {
    callerOf(ctx, http);
    return http.json(tokenView(ctx, http.req.query("input_token") ?? ""));
  });
  graph.get("/:id", (http) => http.json(view(ctx, http, callerOf(ctx, http))));
  graph.delete("/:id", (http) => {
    const caller = callerOf(ctx, http);
    const media = mediaOf(ctx, caller.appId, http.req.param("id"));
    if (!media) throw unknownObject("DELETE", http.req.param("id"));
    scoped(caller, MESSAGING_SCOPE);
    ctx.store.business.media.delete(media.id);
    return http.json({ success: true });
  });
  graph.post("/:id/messages", bodyLimit({ maxSize: MESSAGE_LIMIT, onError: tooLarge }), (http) => {
    const caller = callerOf(ctx, http);
    return answerMessage(ctx, http, caller, number(ctx, http, caller, MESSAGING_SCOPE));
  });
  graph.post("/:id/media", bodyLimit({ maxSize: UPLOAD_LIMIT, onError: tooLarge }), async (http) => {
    const caller = callerOf(ctx, http);
    number(ctx, http, caller, MESSAGING_SCOPE);
    const form = await http.req.raw.formData().catch(() => undefined);
    if (!form) throw new GraphRefusal(100, { details: "The body is not multipart/form-data." });
    return http.json(await takeUpload(ctx, caller.appId, form));
  });
  for (const registered of [true, false]) {
    graph.post(registered ? "/:id/register" : "/:id/deregister", (http) => {
      number(ctx, http, callerOf(ctx, http), MANAGEMENT_SCOPE).registered = registered;
      ctx.store.saveNow();
      return http.json({ success: true });
    });
  }
  graph.get("/:id/phone_numbers", (http) => {
    const { id } = waba(ctx, http, callerOf(ctx, http));
    const fields = http.req.query("fields")?.split(",");
    const numbers = [...ctx.store.business.numbers.values()].filter(({ wabaId }) => wabaId === id);
    return http.json({ data: numbers.map((each) => numberView(ctx, each, fields)) });
  });
  graph.get("/:id/message_templates", (http) =>
    http.json(listTemplates(waba(ctx, http, callerOf(ctx, http)), new URL(http.req.url))),
  );
  graph.post("/:id/message_templates", bodyLimit({ maxSize: MESSAGE_LIMIT, onError: tooLarge }), async (http) => {
    const account = waba(ctx, http, callerOf(ctx, http));
    return http.json(createTemplate(ctx, account, await jsonOf(http)));
  });
  graph.delete("/:id/message_templates", (http) => {
    const { name = null, hsm_id = null } = http.req.query();
    return http.json(deleteTemplates(ctx, waba(ctx, http, callerOf(ctx, http)), name, hsm_id));
  });
  graph.on(["POST", "DELETE"], "/:id/subscribed_apps", (http) => {
    waba(ctx, http, callerOf(ctx, http)).subscribed = http.req.method === "POST";
    ctx.store.saveNow();
    return http.json({ success: true });
  });
  graph.get("/:id/subscribed_apps", (http) => {
    const { subscribed, appId } = waba(ctx, http, callerOf(ctx, http));
    const data = subscribed ? [{ whatsapp_business_api_data: { id: appId, name: `App ${appId}`, link: "" } }] : [];
    return http.json({ data });
  });
  graph.post("/:id/subscriptions", bodyLimit({ maxSize: MESSAGE_LIMIT, onError: tooLarge }), async (http) =>
    http.json(await subscribe(ctx, http)),
  );
  graph.all("*", (http) => {
    callerOf(ctx, http);
    throw unknownObject(http.req.method, http.req.path.split("/")[2] ?? "");
  });
  app.route("/:version{v\\d+\\.\\d+}", graph);
  return app;
};
