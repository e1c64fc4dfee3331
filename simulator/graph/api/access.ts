import type { Context as Http, MiddlewareHandler } from "hono";
import type { Context } from "../../service/context.ts";
import { GraphRefusal, unknownObject } from "../errors.ts";
import { MANAGEMENT_SCOPE, MESSAGING_SCOPE, wabaOf } from "../numbers.ts";
import type { App, BusinessNumber, Waba } from "../schema.ts";

/** Version 20 ended in September 2026. */
const OLDEST_VERSION = 21;

/** Who asks, through which version of the API. */
export interface Caller {
  appId: string;
  scopes: string[];
  version: number;
}

/** The first number of `v25.0`. */
const versionOf = (http: Http): number => Number(/^\/v(\d+)\./.exec(http.req.path)?.[1] ?? OLDEST_VERSION);

/** Refuses versions that have ended or never were. */
export const answerable: MiddlewareHandler = async (http, next) => {
  if (versionOf(http) < OLDEST_VERSION || !/^\/v\d+\.0(\/|$)/.test(http.req.path)) {
    throw new GraphRefusal(2635, {
      message: `(#2635) You are calling a deprecated version of the API. Please use v${OLDEST_VERSION}.0 or later.`,
    });
  }
  await next();
};

const sentToken = (http: Http): string => {
  const header = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(http.req.header("authorization") ?? "")?.[1];
  const token = header ?? http.req.query("access_token");
  if (!token) throw new GraphRefusal(104);
  return token;
};

/** Who the access token belongs to. Throws GraphRefusal 104 without one, 190 for a wrong or an expired one. */
export const callerOf = (ctx: Context, http: Http): Caller => {
  const token = ctx.store.business.tokens.get(sentToken(http));
  if (!token) throw new GraphRefusal(190, { message: "Invalid OAuth access token - Cannot parse access token" });
  const now = ctx.clock.now();
  if (token.expiresAt !== null && token.expiresAt <= now) {
    const times = [token.expiresAt, now].map((at) => new Date(at).toUTCString());
    const message = `Error validating access token: Session has expired on ${times[0]}. The current time is ${times[1]}.`;
    throw new GraphRefusal(190, { subcode: 463, message });
  }
  return { appId: token.appId, scopes: token.scopes, version: versionOf(http) };
};

/** The app whose own token (`id|secret`) this is, named in the path. */
export const appOnly = (ctx: Context, http: Http): App => {
  const [id = "", secret] = sentToken(http).split("|");
  const app = ctx.store.business.apps.get(id);
  if (!app || app.secret !== secret) throw new GraphRefusal(190, { message: "Invalid OAuth access token signature." });
  if (http.req.param("id") !== id) throw unknownObject(http.req.method, http.req.param("id") ?? "");
  return app;
};

/** Throws 10 or 200 unless the token may do this. */
export const scoped = (caller: Caller, scope: typeof MESSAGING_SCOPE | typeof MANAGEMENT_SCOPE): true => {
  if (caller.scopes.includes(scope)) return true;
  throw new GraphRefusal(scope === MESSAGING_SCOPE ? 10 : 200, { details: `The token lacks the permission ${scope}.` });
};

/** The caller's business number in the path. Throws 100/33 when there is none, or it is another app's. */
export const number = (
  ctx: Context,
  http: Http,
  caller: Caller,
  scope: Parameters<typeof scoped>[1],
): BusinessNumber => {
  const id = http.req.param("id") ?? "";
  const found = ctx.store.business.numbers.get(id);
  if (!found || wabaOf(ctx, found).appId !== caller.appId) throw unknownObject(http.req.method, id);
  scoped(caller, scope);
  return found;
};

/** The caller's business account in the path. Throws 100/33 when there is none, or it is another app's. */
export const waba = (ctx: Context, http: Http, caller: Caller): Waba => {
  const id = http.req.param("id") ?? "";
  const found = ctx.store.business.wabas.get(id);
  if (found?.appId !== caller.appId) throw unknownObject(http.req.method, id);
  scoped(caller, MANAGEMENT_SCOPE);
  return found;
};
