import { count, formatNumber } from "../../lib/format.ts";
import type { Use } from "./load.ts";

// A day is a date already, of the account's zone: here it has none.
const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
const weekdayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "long" });

/** "22 Nov", of "2026-11-22". */
export const shortDay = (day: string): string => dayFormat.format(new Date(day));

/** "+200", "−2". */
export const signed = (points: number): string => `${points > 0 ? "+" : "−"}${formatNumber(Math.abs(points))}`;

type Forecast = Use["forecast"];

/** "Enough for 3 campaigns of 50", and why fifty. */
export function enoughWords({ enoughFor, recipients, assumed }: Forecast["campaigns"]): {
  title: string;
  note: string;
} {
  const size = formatNumber(recipients);
  return {
    title:
      enoughFor === 0
        ? `Not enough for a campaign of ${size}`
        : `Enough for ${count(enoughFor, "campaign")} of ${size}`,
    note: assumed
      ? "You have begun no campaign yet, so one of 50 recipients is assumed."
      : "The size of your usual campaign.",
  };
}

/** "Runs out about Thursday", and by what that is judged. */
export function endWords(end: Forecast["end"]): { title: string; note: string } {
  switch (end.kind) {
    case "empty":
      return { title: "Used up", note: "There are no points left." };
    case "unused":
      return { title: "No end in sight", note: "No points were used in the last 14 days." };
    case "plan_ended":
      return { title: "Nothing is used now", note: "The plan has ended; your points are kept until it is renewed." };
    case "outlives_plan":
      return {
        title: "Not before the plan ends",
        note: "By your use of the last 14 days. What is left is kept when the plan ends.",
      };
    case "on":
      return {
        title: `Runs out about ${aboutWhen(end)}`,
        note: "By your use of the last 14 days, held points included.",
      };
  }
}

const WEEK = 7;

function aboutWhen({ day, inDays }: { day: string; inDays: number }): string {
  if (inDays === 0) return "today";
  if (inDays === 1) return "tomorrow";
  return inDays < WEEK ? weekdayFormat.format(new Date(day)) : shortDay(day);
}
