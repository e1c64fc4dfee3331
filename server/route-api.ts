import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import type { Context } from "./context.ts";
import { appRouter } from "./router.ts";
import { createCallerFactory, refusalBody } from "./trpc.ts";

const createCaller = createCallerFactory(appRouter);
export type Api = ReturnType<typeof createCaller>;

/**
 * The API that Remix routes are handed. A refusal reaches them as a thrown `Response` whose body is a RefusalBody:
 * Remix bundles its own copies of our classes, so an `instanceof` in a route would never be true.
 */
export function createApi(context: Context, signal: AbortSignal): Api {
  return answering(createCaller(context, { signal }), context.requestId);
}

function answering<T extends object>(target: T, requestId: string): T {
  return new Proxy(target, {
    get: (inner, key) => {
      const value: unknown = Reflect.get(inner, key);
      return typeof value === "function" || (typeof value === "object" && value !== null)
        ? answering(value, requestId)
        : value;
    },
    apply: async (procedure, self, args) => {
      try {
        return await Reflect.apply(procedure as unknown as (...a: unknown[]) => unknown, self, args);
      } catch (error) {
        if (!(error instanceof TRPCError)) throw error;
        throw Response.json(refusalBody(error, requestId), { status: getHTTPStatusCodeFromError(error) });
      }
    },
  });
}
