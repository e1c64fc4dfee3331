import type { ImportMapping } from "#db/schema/imports.ts";
import { type Cell, cellText } from "./cells.ts";
import { attributeName, columnLetter, REPORT_COLUMNS, repeated, spoken } from "./titles.ts";

/** What the columns of a file seem to be. A person confirms it, unless the header is `exact`. */
export interface Suggestion {
  /** -1 where no column fits. */
  mapping: ImportMapping;
  /** More than one title fits. `mapping` has the one that the cells speak for, else -1. */
  ambiguous: { column: RequiredColumn; candidates: number[] }[];
  /** What a person has to see before they confirm: titles that stand twice, a file without titles. */
  problems: string[];
  /** The titles `name`, `phone_e164` and `consent` stand there once each, and nothing is doubtful. */
  exact: boolean;
}

export type RequiredColumn = "name" | "phone" | "consent";
type Column = RequiredColumn | "optedOut";

/** How people call these columns, as `spoken` writes it; the first is the one of the sample file. */
const spellings: Record<Column, readonly string[]> = {
  name: words(
    "name, full name, contact name, customer name, member name, nama, nama lengkap, nama kontak, nama pelanggan, nama anggota",
  ),
  phone: words(
    `phone e164, phone, phone no, phone number, telephone, tel, mobile, mobile no, mobile number, mobile phone, cell,
     cell phone, cellphone, handphone, hp, no hp, nomor hp, no handphone, nomor handphone, whatsapp, whatsapp no,
     whatsapp number, no whatsapp, nomor whatsapp, wa, no wa, nomor wa, wa number, telepon, telp, no telp, nomor telp,
     no telepon, nomor telepon, ponsel, no ponsel, nomor ponsel`,
  ),
  consent: words(
    `consent, consent given, consented, has consent, opt in, opted in, optin, agreed, subscribed, persetujuan, setuju,
     izin, berlangganan`,
  ),
  optedOut: words(
    `opted out, opt out, optout, unsubscribed, unsubscribe, do not contact, do not message, stop, berhenti,
     berhenti berlangganan`,
  ),
};
const EXACT = { name: "name", phone: "phone_e164", consent: "consent", optedOut: "opted_out" } as const;
const REQUIRED: readonly RequiredColumn[] = ["name", "phone", "consent"];

/** Names a template already has for every contact. */
const TAKEN = new Set(["name", "phone", "phone_e164", "consent"]);

const PHONE_LIKE = /^\+?\(?\d[\d\s().-]{6,20}$|^\d(?:[.,]\d+)?e\+\d+$/i;
const DATE = /^\d{4}([-./])\d\d?\1\d\d?\b|^\d\d?([-./])\d\d?\2\d{4}\b/;
const ANSWER = /^(?:yes|no|y|n|true|false|1|0|ya|iya|tidak|x|✓|✔|-)?$/i;

/**
 * Suggests what each column is: by its title (capitals, spaces and punctuation do not matter), and where several titles or
 * none fit by how its first rows look. A title that stands twice is never chosen between.
 * @param samples the first data rows
 */
export function suggestMapping(titles: readonly string[], samples: readonly (readonly Cell[])[]): Suggestion {
  const twice = repeated(titles);
  const problems = [...twice.values()].map((at) => sameTitle(titles, at));
  const inFirstRow = titles.find((title) => looksLikePhone(title));
  if (inFirstRow !== undefined)
    problems.push(`The first row holds "${inFirstRow}" where a title should be. Put a row of titles above the people.`);
  const ambiguous: Suggestion["ambiguous"] = [];
  const mapping: ImportMapping = { name: -1, phone: -1, consent: -1, attributes: [] };
  for (const column of REQUIRED) {
    const candidates = columnsFor(column, titles);
    const [only = -1, ...more] = candidates;
    mapping[column] = more.length === 0 ? only : byContent(column, candidates, twice, titles, samples);
    if (more.length > 0) ambiguous.push({ column, candidates });
  }
  if (mapping.phone === -1 && ambiguous.every(({ column }) => column !== "phone"))
    mapping.phone = phoneByContent(titles, mapping, samples);
  const [optedOut, ...others] = columnsFor("optedOut", titles);
  if (others.length > 0)
    problems.push(
      `More than one column could say who opted out: ${quoted(titles, [optedOut, ...others])}. Choose one.`,
    );
  else if (optedOut !== undefined) mapping.optedOut = optedOut;
  problems.push(...nameAttributes(mapping, titles, twice, ambiguous));
  return { mapping, ambiguous, problems, exact: problems.length === 0 && isExact(mapping, titles) };
}

function isExact({ name, phone, consent, optedOut }: ImportMapping, titles: readonly string[]): boolean {
  const found = { name, phone, consent, ...(optedOut === undefined ? {} : { optedOut }) };
  return Object.entries(found).every(
    ([column, at]) => at >= 0 && titles[at]?.toLowerCase() === EXACT[column as keyof typeof EXACT], // keys of `found`
  );
}

// The exact name wins over its other spellings, so that "phone_e164" may stand beside "Mobile" of the parents.
function columnsFor(column: Column, titles: readonly string[]): number[] {
  const said = titles.map(spoken);
  const positionsOf = (fits: (title: string) => boolean) => [...said.keys()].filter((at) => fits(said[at] ?? ""));
  const [first] = spellings[column];
  const exact = positionsOf((title) => title === first);
  return exact.length > 0 ? exact : positionsOf((title) => spellings[column].includes(title));
}

function byContent(
  column: RequiredColumn,
  candidates: readonly number[],
  twice: ReadonlyMap<string, number[]>,
  titles: readonly string[],
  samples: readonly (readonly Cell[])[],
): number {
  if (column === "name" || candidates.some((at) => twice.has(attributeName(titles[at] ?? "")))) return -1;
  const looks = column === "phone" ? looksLikePhone : (text: string) => text !== "" && ANSWER.test(text);
  const fitting = candidates.filter((at) => most(at, samples, looks));
  return fitting.length === 1 ? (fitting[0] ?? -1) : -1;
}

function phoneByContent(
  titles: readonly string[],
  { name, consent }: ImportMapping,
  samples: readonly (readonly Cell[])[],
): number {
  const free = [...titles.keys()].filter((at) => titles[at] !== "" && at !== name && at !== consent);
  const fitting = free.filter((at) => most(at, samples, looksLikePhone));
  return fitting.length === 1 ? (fitting[0] ?? -1) : -1;
}

const most = (at: number, samples: readonly (readonly Cell[])[], looks: (text: string) => boolean) =>
  samples.filter((row) => looks(cellText(row[at]))).length * 2 > samples.length;

function looksLikePhone(text: string): boolean {
  if (DATE.test(text)) return false;
  const digits = text.replace(/\D/g, "").length;
  return PHONE_LIKE.test(text) && (digits >= 8 || /e/i.test(text)) && digits <= 15;
}

/** Names every other column as templates do, but not those whose names cannot be told apart. */
function nameAttributes(
  mapping: ImportMapping,
  titles: readonly string[],
  twice: ReadonlyMap<string, number[]>,
  ambiguous: Suggestion["ambiguous"],
): string[] {
  const used = new Map<string, number[]>();
  const taken = new Set([mapping.name, mapping.phone, mapping.consent, mapping.optedOut]);
  for (const column of ambiguous) if (mapping[column.column] === -1) for (const at of column.candidates) taken.add(at);
  for (const [at, title] of titles.entries()) {
    const plain = attributeName(title);
    if (title === "" || taken.has(at) || twice.has(plain) || REPORT_COLUMNS.some((column) => column === plain))
      continue;
    const name = plain === "" ? `column_${at + 1}` : TAKEN.has(plain) ? `other_${plain}` : plain;
    used.set(name, [...(used.get(name) ?? []), at]);
  }
  const problems: string[] = [];
  for (const [name, at] of used) {
    const [only = -1, ...more] = at;
    if (more.length === 0) mapping.attributes.push({ at: only, name });
    else problems.push(sameTitle(titles, at));
  }
  return problems;
}

const sameTitle = (titles: readonly string[], at: readonly number[]) =>
  `Columns ${at.map(columnLetter).join(" and ")} have the same title: ${quoted(titles, at)}. Choose what each of them is.`;

function quoted(titles: readonly string[], at: readonly (number | undefined)[]): string {
  return at.map((position) => `"${titles[position ?? -1] ?? ""}"`).join(", ");
}

function words(list: string): string[] {
  return list.split(",").map((word) => word.trim().replace(/\s+/g, " "));
}
