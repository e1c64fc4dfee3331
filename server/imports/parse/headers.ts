import { type Cell, cellText } from "./cells.ts";

export { type Cell, cellText } from "./cells.ts";

/** Where a file keeps what a contact needs, by position of the column (from 0). */
export interface Layout {
  name: number;
  phone: number;
  consent: number;
  attributes: { at: number; name: string }[];
  /** Header texts as they stand in the file; empty for a column that is not read. */
  titles: string[];
}

export type HeaderVerdict = { ok: true; layout: Layout } | { ok: false; why: string };

const required = {
  name: ["name", "nama", "full name", "nama lengkap", "contact name"],
  phone_e164: [
    "phone e164",
    "phone",
    "phone number",
    "telephone",
    "mobile",
    "mobile number",
    "mobile phone",
    "whatsapp",
    "whatsapp number",
    "wa",
    "no hp",
    "nomor hp",
    "hp",
    "no wa",
    "nomor wa",
    "no telp",
    "telepon",
    "nomor telepon",
  ],
  consent: [
    "consent",
    "consent given",
    "consented",
    "has consent",
    "opt in",
    "opted in",
    "optin",
    "persetujuan",
    "setuju",
    "izin",
  ],
} as const; // prettier-ignore

type Required = keyof typeof required;
const requiredNames: readonly Required[] = ["name", "phone_e164", "consent"];

/** Columns that the list of refused rows adds; when the mended file comes back they are not attributes. */
export const REPORT_COLUMNS = ["import_row", "import_column", "import_reason"] as const;

/** Names a template already has for every contact. */
const TAKEN = new Set(["name", "phone", "phone_e164", "consent"]);

/** The name of an attribute as a template writes it: `{{class_of}}` for "Class of". Empty when nothing is left. */
export function attributeName(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 60);
}

const spoken = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
const quoted = (titles: readonly string[]) => titles.map((title) => `"${title}"`).join(", ");

/** Finds the three required columns and names the others. Capitals, spaces, punctuation and a byte-order mark do not matter. */
export function readHeader(cells: readonly Cell[]): HeaderVerdict {
  const titles = cells.map((cell) => cellText(cell).slice(0, 100));
  const found = titles.filter((title) => title !== "");
  const at: Partial<Record<Required, number>> = {};
  for (const name of requiredNames) {
    const matches = columnsFor(name, titles);
    const [first, ...more] = matches;
    if (first === undefined) {
      return {
        ok: false,
        why: `The column "${name}" is missing. The first row has: ${quoted(found)}. It needs name, phone_e164 and consent.`,
      };
    }
    if (more.length > 0) {
      const which = quoted(matches.map((match) => titles[match] ?? ""));
      return {
        ok: false,
        why: `More than one column could be "${name}": ${which}. Keep one of them, or rename the others. Found: ${quoted(found)}.`,
      };
    }
    at[name] = first;
  }
  const { name = -1, phone_e164: phone = -1, consent = -1 } = at;
  return nameAttributes({ name, phone, consent, attributes: [], titles });
}

// The exact name wins over its other spellings, so that "phone_e164" may stand beside "Mobile" of the parents.
function columnsFor(name: Required, titles: readonly string[]): number[] {
  const spellings: readonly string[] = required[name];
  const positions = titles.map((_, position) => position);
  const exact = positions.filter((position) => spoken(titles[position] ?? "") === spellings[0]);
  if (exact.length > 0) return exact;
  return positions.filter((position) => spellings.includes(spoken(titles[position] ?? "")));
}

function nameAttributes(layout: Layout): HeaderVerdict {
  const used = new Map<string, string>();
  for (const [at, title] of layout.titles.entries()) {
    if (title === "" || at === layout.name || at === layout.phone || at === layout.consent) continue;
    const plain = attributeName(title);
    if (REPORT_COLUMNS.some((column) => column === plain)) continue;
    const name = plain === "" ? `column_${at + 1}` : TAKEN.has(plain) ? `other_${plain}` : plain;
    const other = used.get(name);
    if (other !== undefined) {
      return { ok: false, why: `Two columns have the same name: ${quoted([other, title])}. Rename one of them.` };
    }
    used.set(name, title);
    layout.attributes.push({ at, name });
  }
  return { ok: true, layout };
}
