import { Hono, type Context as Http } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { graphRoutes } from "../graph/api/routes.ts";
import { GroupRefused } from "../groups/refused.ts";
import { LinkRefused } from "../pairing/refused.ts";
import type { Service } from "../service/service.ts";
import { accountRoutes } from "./accounts.ts";
import { faultRoutes, tamperingRoutes } from "./faults.ts";
import { businessRoutes, marketingRoutes } from "./graph.ts";
import { groupRoutes } from "./groups.ts";
import { phoneRoutes } from "./phones.ts";
import { worldRoutes } from "./world.ts";

/** Room for a picture of 16 MB as base64. */
const MAX_BODY = 24 * 1024 * 1024;

/** The HTTP side: drives the phones, looks at their screens, and makes things go wrong. */
export const control = (service: Service): Hono => {
  const app = new Hono();
  // A web page can send a bare POST to loopback without asking first.
  app.use(async (http, next) => {
    const foreign = http.req.header("sec-fetch-site") === "cross-site" && http.req.method !== "GET";
    if (foreign) return http.json({ error: "Web pages of other sites may not drive this simulator." }, 403);
    return next();
  });
  // Before the limit of the control: the Graph API has its own, and its own errors.
  app.route("/", graphRoutes(service.ctx));
  const tooLarge = async (http: Http) => {
    // To its end: a connection that closes while the client still writes may swallow the answer.
    const { body } = http.req.raw;
    if (body && !body.locked) await body.pipeTo(new WritableStream());
    return http.json({ error: "The body is larger than 24 MB." }, 413, { connection: "close" });
  };
  app.use(bodyLimit({ maxSize: MAX_BODY, onError: tooLarge }));
  app.notFound((http) => http.json({ error: `There is nothing at ${http.req.method} ${http.req.path}.` }, 404));
  app.onError((error, http) => {
    if (error instanceof HTTPException) return http.json({ error: error.message }, error.status);
    if (error instanceof LinkRefused || error instanceof GroupRefused)
      return http.json({ error: error.message }, error.status);
    process.stderr.write(`simulator: ${error.stack}\n`);
    return http.json({ error: "The simulator failed; its log says how." }, 500);
  });
  app.get("/healthz", (http) => http.json({ ok: true }));
  app.get("/trust", (http) =>
    http.json({
      publicKey: service.identity.rootPublic.toString("base64"),
      serial: 0,
      ca: service.ctx.store.authority?.cert ?? "",
      mediaUrl: `https://${service.ctx.media.host}`,
    }),
  );
  app.route("/accounts", accountRoutes(service));
  app.route("/accounts", faultRoutes(service));
  app.route("/tampering", tamperingRoutes(service));
  app.route("/phones", phoneRoutes(service));
  app.route("/phones", marketingRoutes(service));
  app.route("/groups", groupRoutes(service));
  app.route("/business", businessRoutes(service));
  app.route("/", worldRoutes(service));
  return app;
};
