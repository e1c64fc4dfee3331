import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { planTypes } from "../wallet/rules.ts";
import { isReason, POINTS_AT_MOST, REASON } from "./rules.ts";

const reason = z
  .string("Say why.")
  .trim()
  .max(REASON.max, `Say it in at most ${REASON.max} characters.`)
  .refine(isReason, "Say why in a few words: whoever looks at the books later has to understand it.");

const points = z.coerce
  .number("Write how many points.")
  .int("Points are whole.")
  .min(1, "Write how many points.")
  .max(POINTS_AT_MOST, `At most ${POINTS_AT_MOST.toLocaleString("en-US")} points at once.`);

export const findUsersInput = z
  .object({ q: z.string().trim().max(254).default("") })
  .strict()
  .default({ q: "" });
export const userRef = z.object({ userId: idSchema("user") }).strict();

/** `id`: made by whoever asks, once for what they mean to give: sent twice, it is given once. */
const grant = { id: idSchema("grant"), userId: idSchema("user"), reason };
export const grantPointsInput = z.object({ ...grant, points }).strict();
export const grantPlanInput = z.object({ ...grant, plan: z.enum(planTypes) }).strict();
export type GrantPoints = z.output<typeof grantPointsInput>;
export type GrantPlan = z.output<typeof grantPlanInput>;

// A checkbox that is not ticked is not sent at all.
const onSale = z.union([z.boolean(), z.literal("on").transform(() => true)]).default(false);
/** In units of the currency, before tax: "55000", "12.50". */
const price = z.string("Write the price.").trim().min(1, "Write the price.").max(16);

export const planOfferInput = z.object({ id: z.enum(planTypes), points, price, onSale }).strict();
/** `id`: how many points the pack has had so far. */
export const packInput = z.object({ id: z.coerce.number().int().positive(), points, price, onSale }).strict();
export const newPackInput = z.object({ points, price }).strict();
export type PlanOffer = z.output<typeof planOfferInput>;
export type Pack = z.output<typeof packInput>;
export type NewPack = z.output<typeof newPackInput>;
