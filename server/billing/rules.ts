/** What an offer costs, in minor units. */
export interface Price {
  net: number;
  tax: number;
  total: number;
}

/**
 * A price with its tax, rounded to the nearest minor unit, halves up.
 * @param net minor units, before tax
 * @param rate hundredths of a percent
 */
export function priceOf(net: number, rate: number): Price {
  const tax = Math.round((net * rate) / 10_000);
  return { net, tax, total: net + tax };
}

/** "11%", "7.5%": a rate in hundredths of a percent. */
export const percent = (rate: number): string => `${rate / 100}%`;

/** What is bought, in a line: "Plan of 30 days with 400 points", "200 points". */
export function whatIsBought({ days, points }: { days: number | null; points: number }): string {
  const words = `${points.toLocaleString("en-US")} points`;
  return days === null ? words : `Plan of ${days} days with ${words}`;
}
