import { type FaultSettings, faultsSchema } from "../faults/faults.ts";
import { delaysSchema } from "../world/schema.ts";

export type { FaultSettings };

/** The bodies that make things go wrong, or slow. */
export const faultBodies = {
  delays: delaysSchema.partial(),
  faults: faultsSchema,
};
