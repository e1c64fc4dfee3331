/** What one message costs, media or not; charged once WhatsApp accepted it. */
export const POINTS_PER_MESSAGE = 2;

export const plans = {
  "15d": { days: 15, points: 200, label: "15 days" },
  "30d": { days: 30, points: 400, label: "30 days" },
} as const satisfies Record<string, { days: number; points: number; label: string }>;
export type PlanType = keyof typeof plans;

/** When a period that starts now ends. Days of 24 hours: a plan neither gains nor loses an hour at a clock change. */
export function planEnd(plan: PlanType, startsAt: Date): Date {
  return new Date(startsAt.getTime() + plans[plan].days * 24 * 60 * 60 * 1000);
}

/** How many points a start lacks; 0 when it can go ahead. */
export function missingPoints(need: number, wallet: { balance: number; held: number }): number {
  return Math.max(0, need - (wallet.balance - wallet.held));
}
