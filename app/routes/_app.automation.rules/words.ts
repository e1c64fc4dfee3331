import { matchWords } from "#server/automation/rules.ts";
import type { PlacedRule, Rule } from "./load.ts";

const SHOWN = 4;

/** "has the word “harga” or “price”". */
export function triggerInWords({ match, patterns }: Pick<Rule, "match" | "patterns">): string {
  const shown = patterns.slice(0, SHOWN).map((pattern) => `“${pattern}”`);
  const more = patterns.length > SHOWN ? [`${patterns.length - SHOWN} more`] : [];
  return `${matchWords[match]} ${[...shown, ...more].join(" or ")}`;
}

/** "for an hour", "for 90 minutes". */
export function cooldownInWords(seconds: number): string {
  if (seconds === 0) return "as often as they write";
  if (seconds < 60) return `once in ${seconds} seconds`;
  if (seconds === 3_600) return "once an hour";
  if (seconds % 3_600 === 0) return `once in ${seconds / 3_600} hours`;
  return `once in ${Math.round(seconds / 60)} minutes`;
}

const plain = (text: string) => text.toLocaleLowerCase();

/** Whether a rule has what is searched for in its name, its words or its answers. */
export function inFold(
  { name, patterns, responses }: Pick<Rule, "name" | "patterns" | "responses">,
  search: string,
): boolean {
  const wanted = plain(search.trim());
  if (wanted === "") return true;
  return [name, ...patterns, ...responses.map(({ text }) => text)].some((text) => plain(text).includes(wanted));
}

/** What a phone is called. */
export function phoneName({ phone, name }: { phone: string | null; name: string | null }): string {
  if (!phone) return name ?? "A phone that is not linked yet";
  return name ? `${phone} (${name})` : phone;
}

/** The limits of a rule that are not those of every rule. */
export function limitsOf({ cooldownSeconds, maxPerHour, windows, answersAtOpening }: PlacedRule): string[] {
  return [
    `To one person ${cooldownInWords(cooldownSeconds)}`,
    ...(maxPerHour === null ? [] : [`at most ${maxPerHour} an hour`]),
    ...(windows === null ? [] : ["at its own times"]),
    ...(answersAtOpening ? ["also at the opening"] : []),
  ];
}
