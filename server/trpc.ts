import { initTRPC, TRPCError } from "@trpc/server";
import { ZodError, z } from "zod";
import type { Context } from "./context.ts";
import { DomainError, type RefusalBody, refusals } from "./errors.ts";
import { withUser } from "./users/with-user.ts";

/** What a failed procedure says to the outside. Anything unexpected says nothing but the request's id. */
export function refusalBody(error: TRPCError, requestId: string): RefusalBody {
  const cause = error.cause;
  if (cause instanceof DomainError) {
    return { code: cause.code, message: cause.message, details: cause.details, fields: cause.fields, requestId };
  }
  if (cause instanceof ZodError) {
    const fields: Record<string, string> = {};
    for (const issue of cause.issues) fields[issue.path.join(".")] ??= issue.message;
    return { code: "invalid_input", message: refusals.invalid_input.message(), details: {}, fields, requestId };
  }
  const plain = { details: {}, fields: {}, requestId };
  if (error.code === "INTERNAL_SERVER_ERROR") {
    return { ...plain, code: "internal", message: `Something went wrong on our side. Reference: ${requestId}` };
  }
  const code = error.code === "NOT_FOUND" ? "not_found" : "invalid_input";
  return { ...plain, code, message: refusals[code].message() };
}

const t = initTRPC.context<Context>().create({
  // A silent stream is cut by proxies; a client that hears nothing for three pings opens a new one.
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
  errorFormatter: ({ shape, error, ctx }) => ({
    ...shape,
    message: refusalBody(error, ctx?.requestId ?? "").message,
    data: { ...shape.data, stack: undefined, refusal: refusalBody(error, ctx?.requestId ?? "") },
  }),
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** The one translation of refusals: a DomainError becomes a TRPCError, everything unexpected is logged. */
const translate = t.middleware(async ({ ctx, next, path, type }) => {
  const started = performance.now();
  const result = await next();
  const log = ctx.log.child({ path, type, ms: Math.round(performance.now() - started), userId: ctx.user?.id });
  if (result.ok) {
    log.debug({ event: "procedure" }, "done");
    return result;
  }
  const cause = result.error.cause;
  if (cause instanceof DomainError) {
    log.info({ event: "refused", code: cause.code }, "refused");
    throw new TRPCError({ code: refusals[cause.code].trpc, message: cause.message, cause });
  }
  if (result.error.code === "INTERNAL_SERVER_ERROR") log.error({ event: "failed", err: cause }, "procedure failed");
  return result;
});

/** For everybody: sign-up and sign-in. */
export const publicProcedure = t.procedure.use(translate);

/** For a signed-in user, on the system path: use cases that open their own bound transactions, or must not hold one. */
export const signedInProcedure = publicProcedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new DomainError("not_signed_in");
  return next({ ctx: { ...ctx, user: ctx.user, userId: ctx.user.id } });
});

/** For a signed-in user: the whole procedure is one transaction that sees this user's rows alone. */
export const userProcedure = signedInProcedure.use(({ ctx, next }) =>
  withUser(ctx.db, ctx.user.id, async (tx) => {
    const result = await next({ ctx: { ...ctx, db: tx } });
    // A middleware answers failures instead of throwing them; without the throw the transaction would commit.
    if (!result.ok) throw result.error;
    return result;
  }),
);

/** For an administrator, on the system path. To anybody else there is nothing here. */
export const adminProcedure = signedInProcedure.use(({ ctx, next }) => {
  if (!ctx.user.isAdmin) throw new DomainError("not_found");
  return next();
});

export const noInput = z.object({}).strict().optional();
