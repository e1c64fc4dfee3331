import { z } from "zod";
import { planTypes } from "../../wallet/rules.ts";

/** `to`: as the switch on the screen says it. */
export const autoRenewInput = z.object({ to: z.enum(["on", "off"]) }).strict();
export type AutoRenewInput = z.infer<typeof autoRenewInput>;

export const nextPlanInput = z.object({ plan: z.enum(planTypes, { error: "Choose a plan." }) }).strict();
export type NextPlanInput = z.infer<typeof nextPlanInput>;
