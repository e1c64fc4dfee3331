import type { Delays } from "../world/schema.ts";
import type { Context } from "./context.ts";

/** A delay in milliseconds, drawn from the seed when it is a range; null is never. */
export const draw = (ctx: Context, delay: Delays[keyof Delays], ...purpose: string[]): number | null => {
  if (!Array.isArray(delay)) return delay;
  const [from, to] = delay;
  return from + Math.floor(ctx.random.share("delay", ...ctx.names.in(purpose)) * Math.max(0, to - from + 1));
};
