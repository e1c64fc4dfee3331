import { z } from "zod";
import { attributeName, REPORT_COLUMNS } from "#server/imports/rules.ts";
import { mapInput } from "#server/imports/schema.ts";
import type { ImportPreview } from "../load.ts";

/** What a column of a file can be. */
export const kinds = ["name", "phone", "consent", "optedOut", "keep", "none"] as const;
type Kind = (typeof kinds)[number];

export const kindWords = {
  name: "Name",
  phone: "Phone number",
  consent: "Consent",
  optedOut: "Opted out",
  keep: "Keep as a variable",
  none: "Leave out",
} as const satisfies Record<Kind, string>;

const needed = ["name", "phone", "consent"] as const;
const once: readonly Kind[] = [...needed, "optedOut"];
/** What every template has already. */
const taken = new Set(["name", "phone", "phone_e164", "consent"]);

const choice = z.object({
  is: z.enum(kinds, { message: "Say what this column is." }),
  as: z.string().trim().max(60, "Keep it under 60 characters.").optional(),
});
type Choice = z.infer<typeof choice>;

/** The form: what each column is, in the order of the file. Each needed one must be there, and no more than once. */
export const columnsForm = z
  .object({
    importId: mapInput.shape.importId,
    country: z.preprocess((code) => code || null, mapInput.shape.country),
    columns: z.array(choice),
  })
  .superRefine(({ columns }, context) => {
    const say = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    for (const kind of needed) {
      if (!columns.some((column) => column.is === kind)) say([], `Choose the column that is the ${spoken(kind)}.`);
    }
    const names = new Map<string, number>();
    for (const [at, { is, as = "" }] of columns.entries()) {
      const first = columns.findIndex((column) => column.is === is);
      if (once.includes(is) && first !== at) say(["columns", at, "is"], `Another column is the ${spoken(is)} already.`);
      if (is !== "keep") continue;
      if (!/^[\p{L}\p{N}_]+$/u.test(as)) say(["columns", at, "as"], "Letters, digits and _ only.");
      else if (taken.has(as)) say(["columns", at, "as"], `{{${as}}} exists already: give it another name.`);
      else if (names.has(as)) say(["columns", at, "as"], `Another column is {{${as}}} already.`);
      names.set(as, at);
    }
  });

const spoken = (kind: Kind) => kindWords[kind].toLowerCase();

/** The mapping that the server wants, of the form's choices. */
export function mappingOf(columns: readonly Choice[]) {
  const at = (kind: Kind) => columns.findIndex((column) => column.is === kind);
  const attributes = columns.flatMap(({ is, as }, column) => (is === "keep" && as ? [{ at: column, name: as }] : []));
  const optedOut = at("optedOut");
  return {
    name: at("name"),
    phone: at("phone"),
    consent: at("consent"),
    ...(optedOut >= 0 ? { optedOut } : {}),
    attributes,
  };
}

/** How each column begins: as it was mapped before, else as suggested; blank where only the person can know. */
export function choicesOf({ titles, mapping, suggestion }: Pick<ImportPreview, "titles" | "mapping" | "suggestion">) {
  const given = mapping ?? suggestion.mapping;
  return titles.map((title, at) => {
    const kept = given.attributes.find((attribute) => attribute.at === at);
    const kind = once.find((one) => Reflect.get(given, one) === at) ?? (kept && "keep");
    const variable = attributeName(title);
    const own = !mapping && title !== "" && !report.has(variable);
    return { is: kind ?? (own ? undefined : "none"), as: kept?.name ?? (variable || `column_${at + 1}`) };
  });
}

/** Columns that the list of rejected rows adds to a file. */
const report: ReadonlySet<string> = new Set(REPORT_COLUMNS);

/** The columns that something is open about, with what: which of them is meant, or that two have one title. */
export function doubtOf(at: number, { mapping, suggestion, titles }: ImportPreview): string | null {
  if (mapping) return null;
  const doubt = suggestion.ambiguous.find(({ candidates }) => candidates.includes(at));
  if (!doubt) return null;
  const all = doubt.candidates.map((candidate) => `“${titles[candidate]}”`).join(" and ");
  const seems = suggestion.mapping[doubt.column];
  const word = spoken(doubt.column);
  if (seems === -1) return `${all} could both be the ${word}. Choose one; keep or leave out the other.`;
  return seems === at ? `${all} could both be the ${word}; what stands in this one looks like it.` : null;
}
