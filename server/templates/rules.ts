/** Characters that WhatsApp takes in one message: of a template, and of what becomes of it for each person. */
export const TEMPLATE_MAX = 4_096;
const FALLBACK_MAX = 200;
const VARIABLE = /\{\{\s*([^{}|]{1,60}?)\s*(?:\|([^{}]{0,200}))?\}\}/g;

/** The variables a template names, each once, in order. */
export function templateVariables(template: string): string[] {
  return [...new Set([...template.matchAll(VARIABLE)].map((match) => match[1] ?? ""))].filter((name) => name !== "");
}

/** The variables that every contact has. */
export const OWN_VARIABLES = ["name", "phone"] as const;

/** "{{name}}, {{class}}": how variables are named to a person. */
export const inBraces = (names: readonly string[]): string => names.map((name) => `{{${name}}}`).join(", ");

/** The template with `fallback` wherever this variable has none; a fallback that was written before stays. */
export function withFallback(template: string, variable: string, fallback: string): string {
  const word = fallback.replace(/[{}]/g, "").trim().slice(0, FALLBACK_MAX);
  return template.replace(VARIABLE, (all, name: string, before: string | undefined) =>
    name === variable && !before?.trim() ? `{{${name}|${word}}}` : all,
  );
}

/** The variables of which at least one place has no fallback: there, a person without the value gets a gap. */
export function barePlaces(template: string): string[] {
  const bare = [...template.matchAll(VARIABLE)].filter((match) => !match[2]?.trim()).map((match) => match[1] ?? "");
  return [...new Set(bare)].filter((name) => name !== "");
}

const STOP_WORD = /(?<![\p{L}\p{N}])(stop|berhenti)(?![\p{L}\p{N}])/iu;
export const OPT_OUT_LINE = "Reply STOP to opt out.";

/** Whether the text tells people, outside of any variable, the word that ends the messages. */
export const namesOptOut = (template: string): boolean => STOP_WORD.test(template.replace(VARIABLE, " "));

/** The text with a last line that says how to get no more messages; as it is when it has one. */
export function withOptOutLine(template: string): string {
  if (namesOptOut(template)) return template;
  return template.trim() === "" ? OPT_OUT_LINE : `${template.trimEnd()}\n\n${OPT_OUT_LINE}`;
}

/** What a template may say of a contact. */
export interface Addressee {
  name: string;
  phoneE164: string;
  attributes: Record<string, string>;
}

/** What a contact offers to a template: its name, its number and every column of its list. */
export function templateValues(contact: Addressee): Map<string, string> {
  return new Map([...Object.entries(contact.attributes), ["name", contact.name], ["phone", contact.phoneE164]]);
}

function fieldOf({ name, phoneE164, attributes }: Addressee, variable: string): string {
  if (variable === "name") return name;
  if (variable === "phone") return phoneE164;
  return Object.hasOwn(attributes, variable) ? (attributes[variable] ?? "") : "";
}

/** How many of these people have nothing for each variable; those that everybody has are left out. */
export function lackingValues(
  variables: readonly string[],
  people: readonly Addressee[],
): { variable: string; count: number }[] {
  return variables
    .map((variable) => ({ variable, count: people.filter((person) => fieldOf(person, variable).trim() === "").length }))
    .filter(({ count }) => count > 0);
}

/**
 * Fills a template in a single pass: a value that itself contains braces stays text. `{{name|friend}}` falls back to
 * "friend" where the contact has no name.
 */
export function renderTemplate(template: string, values: ReadonlyMap<string, string>): string {
  return template.replace(VARIABLE, (_all, name: string, fallback: string | undefined) => {
    const value = values.get(name)?.trim();
    return value ? value : (fallback ?? "").trim();
  });
}

/** Whether everybody who gets this text is told to answer YES: the word by itself, outside of any variable. */
export function asksForYes(template: string): boolean {
  return /(?<![\p{L}\p{N}])yes(?![\p{L}\p{N}])/iu.test(template.replace(VARIABLE, " "));
}

/** A text that asks the people of a list for their YES, to begin with. */
export function confirmationText(listName: string): string {
  return [
    `Hi {{name|there}}, you agreed to get messages from me for “${listName.replace(/[{}]/g, "").trim()}”.`,
    "Would you still like to get them? Answer YES and I will write to you.",
    "Without a YES you will not hear from me again about this.",
  ].join(" ");
}
