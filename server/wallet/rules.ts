/** What one message costs, media or not; charged once WhatsApp accepted it. */
export const POINTS_PER_MESSAGE = 2;

/** The plans by name. How many days and points they have, and what they cost, is in `plan_offers`. */
export const planTypes = ["15d", "30d"] as const;
export type PlanType = (typeof planTypes)[number];

const planNames: Record<PlanType, string> = { "15d": "15 days", "30d": "30 days" };

/** How people call a plan: "30 days". */
export const planName = (plan: PlanType): string => planNames[plan];

/** How many points a start lacks; 0 when it can go ahead. */
export function missingPoints(need: number, wallet: { balance: number; held: number }): number {
  return Math.max(0, need - (wallet.balance - wallet.held));
}
