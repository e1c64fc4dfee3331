import type { Context as Http } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { phoneParameter } from "../contract/parts.ts";
import type { Context } from "../service/context.ts";
import type { Account } from "../world/schema.ts";

/** Ends a request with a sentence that says what to do. */
export const refuse = (status: 400 | 404 | 408 | 409 | 413 | 415 | 422, sentence: string): never => {
  throw new HTTPException(status, { message: sentence });
};

const inWords = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => (path.length ? `${path.join(".")}: ${message}` : message)).join("; ");

/** Throws 400 with what is wrong. */
export const parse = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : refuse(400, inWords(parsed.error));
};

/** The JSON body. Only one that says it is JSON: a web page cannot send that to us without asking first. */
export const bodyOf = async <T extends z.ZodType>(http: Http, schema: T): Promise<z.output<T>> => {
  const text = await http.req.text();
  if (!text) return parse(schema, {});
  if (!http.req.header("content-type")?.startsWith("application/json")) {
    refuse(415, "The body must be sent as application/json.");
  }
  try {
    return parse(schema, JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) refuse(400, "The body is not JSON.");
    throw error;
  }
};

/** The number in the path. */
export const phoneOf = (http: Http): string => parse(phoneParameter, http.req.param("phone"));

/** The account of the number in the path; 404 when nobody opened it. */
export const accountOf = (ctx: Context, http: Http): Account => {
  const phone = phoneOf(http);
  return ctx.store.accounts.get(phone) ?? refuse(404, `There is no account ${phone}: make it with POST /accounts.`);
};
