import { randomBytes } from "node:crypto";
import type { Http2Bindings, HttpBindings } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import type { ServerBuild } from "@remix-run/node";
import { createRequestHandler } from "@remix-run/node";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Hono, type Context as HonoContext } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import type { Registry } from "prom-client";
import type { Connection } from "#db/client.ts";
import { readLoginSession } from "./auth/login-sessions.ts";
import { findTokenUser } from "./auth/tokens.ts";
import { paymentCallbacks } from "./billing/provider/http.ts";
import type { Context } from "./context.ts";
import { comesFromOurPages } from "./csrf.ts";
import { downloads } from "./downloads.ts";
import type { Env } from "./env.ts";
import { DomainError, type RefusalBody, refusals } from "./errors.ts";
import { ready } from "./health.ts";
import type { Live } from "./live.ts";
import type { Log } from "./log.ts";
import { mediaFiles } from "./media/http.ts";
import { createApi } from "./route-api.ts";
import { appRouter } from "./router.ts";
import { securityHeaders } from "./security-headers.ts";

const BODY_LIMIT = 11 * 1024 * 1024;

/**
 * How long a connection stays open that is not used. Longer than proxies keep theirs (Caddy two minutes, nginx one), which
 * would otherwise write into one that is being closed. Node's own are 5 s.
 */
export const KEEP_ALIVE_MS = 125_000;

/** In the log: the caller went away before there was an answer. Nobody got a failure. The number is nginx's. */
const GIVEN_UP = 499;

export interface WebDeps {
  env: Env;
  log: Log;
  connection: Connection;
  live: Live;
  metrics: Registry;
  /** Remix's server build: the built one, or Vite's in development. */
  loadBuild: () => Promise<ServerBuild>;
  /** Aborts at SIGTERM, so that open streams end. */
  closing: AbortSignal;
}

export interface Variables {
  api: Context;
  nonce: string;
}
export type App = { Bindings: HttpBindings | Http2Bindings; Variables: Variables };

/** The web process's door: health, tRPC and its stream, downloads, static files, and Remix for the rest. */
export function createHttpApp(deps: WebDeps): Hono<App> {
  const { env, log, connection, metrics } = deps;
  const app = new Hono<App>();

  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readiness", async (c) => {
    const state = await ready(connection.db, deps.live, deps.closing);
    return c.json(state, state.ready ? 200 : 503);
  });
  app.get("/metrics", async (c) => c.text(await metrics.metrics(), 200, { "content-type": metrics.contentType }));
  app.route("/", paymentCallbacks(connection.db, { env, log }, metrics));

  app.use(compress());
  if (env.nodeEnv === "production") {
    const year = "public, max-age=31536000, immutable";
    app.use(
      "/assets/*",
      serveStatic({ root: "./build/client", onFound: (_path, c) => c.header("cache-control", year) }),
    );
    app.use("/favicon.svg", serveStatic({ root: "./build/client" }));
  }

  app.use(async (c, next) => {
    const nonce = randomBytes(16).toString("base64");
    c.set("nonce", nonce);
    const cookies: string[] = [];
    const context = await createContext(deps, c, (header) => cookies.push(header));
    c.set("api", context);
    c.header("x-request-id", context.requestId);
    const started = performance.now();
    if (comesFromOurPages(c.req.raw, env.appOrigin)) await next();
    else c.res = c.json(bodyOf("cross_site", context.requestId), 403);
    for (const cookie of cookies) c.header("set-cookie", cookie, { append: true });
    securityHeaders(c.res.headers, {
      nonce,
      https: env.appOrigin.startsWith("https:"),
      dev: env.nodeEnv === "development",
    });
    const ms = Math.round(performance.now() - started);
    const status = c.req.raw.signal.aborted ? GIVEN_UP : c.res.status;
    context.log.info({ event: "request", method: c.req.method, path: pathOf(c), status, ms }, "request");
  });

  app.use(
    bodyLimit({
      maxSize: BODY_LIMIT,
      onError: (c) => {
        const code = /^\/(?:trpc\/)?media\b/.test(c.req.path) ? "media_too_large" : "file_too_large";
        return c.json(bodyOf(code, c.get("api").requestId, { limit: "10 MB" }), 413);
      },
    }),
  );
  app.all("/trpc/*", (c) =>
    fetchRequestHandler({
      endpoint: "/trpc",
      req: withSignal(c.req.raw, deps.closing),
      router: appRouter,
      createContext: () => c.get("api"),
      maxBatchSize: 10,
      responseMeta: ({ errors }) => {
        const refused = errors.find((error) => error.cause instanceof DomainError)?.cause;
        const seconds = refused instanceof DomainError ? refused.details.seconds : undefined;
        return seconds === undefined ? {} : { headers: { "retry-after": String(seconds) } };
      },
    }),
  );
  app.route("/", downloads);
  app.route("/", mediaFiles);
  app.all("*", async (c) => {
    const build = await deps.loadBuild();
    const handle = createRequestHandler(build, env.nodeEnv);
    return handle(c.req.raw, {
      api: createApi(c.get("api"), c.req.raw.signal),
      user: c.get("api").user,
      cspNonce: c.get("nonce"),
      simulator: env.whatsapp === "simulator",
      defaultTz: env.defaultTz,
      reportError: (err: unknown) => c.get("api").log.error({ err, event: "page.failed" }, "a page failed"),
    });
  });
  app.onError((err, c) => {
    const requestId = c.get("api")?.requestId ?? "";
    if (err instanceof DomainError) {
      return c.json(bodyOf(err.code, requestId, err.details), refusals[err.code].status as 400);
    }
    log.error({ err, requestId, event: "request.failed" }, "request failed");
    const message = `Something went wrong on our side. Reference: ${requestId}`;
    return c.json({ code: "internal", message, details: {}, fields: {}, requestId } satisfies RefusalBody, 500);
  });
  return app;
}

async function createContext(
  deps: WebDeps,
  c: HonoContext<App>,
  setCookie: (header: string) => void,
): Promise<Context> {
  const { env, live, connection } = deps;
  const requestId = randomBytes(8).toString("hex");
  const log = deps.log.child({ requestId });
  const context: Context = {
    db: connection.db,
    env,
    log,
    live,
    requestId,
    ip: addressOf(c, env.trustProxy),
    user: null,
    loginSessionId: null,
    setCookie,
  };
  const bearer = c.req.header("authorization")?.match(/^Bearer (mst_[\w-]{43})$/)?.[1];
  if (bearer) return { ...context, user: await findTokenUser(connection.db, bearer) };
  const cookie = c.req.header("cookie");
  const session = cookie ? await readLoginSession(connection.db, env, cookie) : null;
  if (!session) return context;
  if (session.renewed) setCookie(session.renewed);
  return { ...context, user: session.user, loginSessionId: session.sessionId };
}

/** One subscriber has a whole /64 of IPv6 addresses: they count as one. */
function networkOf(address: string): string {
  const v4 = address.match(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i)?.[1];
  if (v4 || !address.includes(":")) return v4 ?? address;
  const [head = "", tail = ""] = address.split("::");
  const front = head.split(":").filter(Boolean);
  const back = tail.split(":").filter(Boolean);
  const zeros = address.includes("::")
    ? Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0")
    : [];
  return `${[...front, ...zeros, ...back].slice(0, 4).join(":")}::/64`;
}

/** The caller's address: the socket's, or what the outermost of our own proxies saw. */
function addressOf(c: HonoContext<App>, trustProxy: number): string {
  const hops = (c.req.header("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
  const incoming = "incoming" in c.env ? c.env.incoming : undefined;
  return networkOf((trustProxy > 0 && hops.at(-trustProxy)) || incoming?.socket.remoteAddress || "unknown");
}

function bodyOf(code: keyof typeof refusals, requestId: string, details = {}): RefusalBody {
  return { code, message: refusals[code].message(details), details, fields: {}, requestId };
}

/** Ids stay, queries go: a query may hold what a person typed. */
function pathOf(c: HonoContext<App>): string {
  return c.req.path.slice(0, 120);
}

/** The request, aborted by the closing of the process too: an open stream would keep it alive. */
function withSignal(request: Request, closing: AbortSignal): Request {
  return new Request(request, { signal: AbortSignal.any([request.signal, closing]) });
}
