import { z } from "zod";
import { type FaultSettings, faultsSchema } from "../faults/schema.ts";
import { type TamperingSettings, tamperingSchema } from "../faults/tampering.ts";
import { delaysSchema, type Limits } from "../world/schema.ts";

export type { FaultSettings, Limits, TamperingSettings };

const YEAR_MS = 366 * 86_400_000;
const MONTH_MS = 30 * 86_400_000;
const span = z.number().int().min(1).max(YEAR_MS);
const chats = z.number().int().min(0).max(1_000_000);

/** The bodies that make things go wrong, or slow. */
export const faultBodies = {
  delays: delaysSchema.partial(),
  faults: faultsSchema,
  streamError: z.strictObject({ code: z.number().int().min(100).max(999) }),
  /** Null lifts a limit, what is left out stays. */
  limits: z
    .strictObject({
      /** No new chats for so long; the type is one of WhatsApp's own (`ReachoutTimelockEnforcementType` in Baileys). */
      reachout: z
        .strictObject({
          forMs: span,
          type: z
            .string()
            .regex(/^[A-Z_]{1,60}$/)
            .default("BIZ_QUALITY"),
        })
        .nullable(),
      /** So many new chats in a cycle (a month unless told otherwise); the next cycle begins by itself. */
      newChats: z.strictObject({ total: chats, used: chats.default(0), cycleMs: span.default(MONTH_MS) }).nullable(),
    })
    .partial(),
  tampering: tamperingSchema,
};
export type LimitSettings = z.input<typeof faultBodies.limits>;
