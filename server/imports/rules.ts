import { judgePhone } from "../contacts/phone.ts";
import { withoutGuard } from "../csv.ts";
import { type Cell, cellText, type Layout } from "./parse/headers.ts";

/** What one import may bring. A file beyond it is refused whole, never cut. */
export const limits = { fileBytes: 10 * 1024 * 1024, rows: 100_000, columns: 50, cellChars: 1_000 } as const;

/** What becomes of a row. Every row has exactly one of them, so that the counts always add up to the rows. */
export const verdicts = [
  "valid",
  "invalid",
  "no_consent",
  "duplicate_in_file",
  "duplicate_in_list",
  "opted_out",
] as const;
export type Verdict = (typeof verdicts)[number];
export type Counts = Record<Verdict, number>;

/** A row as it stands in the file. `rowNo` is the one a spreadsheet shows. */
export interface RawRow {
  rowNo: number;
  cells: readonly Cell[];
}

/** A row with its verdict; `column`, `value` and `reason` say why it is not valid. */
export interface JudgedRow {
  rowNo: number;
  name: string;
  phone: string;
  phoneE164: string | null;
  consent: string;
  attributes: Record<string, string>;
  verdict: Verdict;
  column: string | null;
  value: string | null;
  reason: string | null;
}

/** The first row of each phone number of a file, filled by `judgeRow`. */
export type Seen = Map<string, JudgedRow>;

const YES = new Set(["yes", "y", "true", "1", "ya", "iya", "x", "✓", "✔", "☑"]);
const NO = new Set(["no", "n", "false", "0", "tidak", "tdk", "-", "✗", "✘", "☐"]);
const FORMULA_ERROR = /^#(?:N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|ERROR!|SPILL!|CALC!)$/;

/** Why the database refuses a row that is valid by itself. */
export const duplicateInListReason = "This number is on the list already. The contact there is kept as it is.";
export const optedOutReason = "This person opted out. Only they can change that, by writing START to you.";

export const emptyCounts = (): Counts => ({
  valid: 0,
  invalid: 0,
  no_consent: 0,
  duplicate_in_file: 0,
  duplicate_in_list: 0,
  opted_out: 0,
});

/**
 * Judges one row by itself and against the rows before it. The first row of a number is kept; but a later row that does
 * not say yes for the same number takes the consent back, so it changes the verdict of the earlier one in `seen`.
 */
export function judgeRow(raw: RawRow, layout: Layout, seen: Seen): JudgedRow {
  const texts = raw.cells.map((cell) => withoutGuard(cellText(cell)));
  const text = (at: number) => (texts[at] ?? "").slice(0, limits.cellChars);
  const phoneCell = raw.cells[layout.phone];
  const phone = judgePhone(typeof phoneCell === "number" ? phoneCell : text(layout.phone));
  const row: JudgedRow = {
    rowNo: raw.rowNo,
    name: text(layout.name),
    phone: text(layout.phone),
    phoneE164: phone.ok ? phone.e164 : null,
    consent: text(layout.consent),
    attributes: {},
    verdict: "valid",
    column: null,
    value: null,
    reason: null,
  };
  for (const { at, name } of layout.attributes) row.attributes[name] = text(at);

  const refuse = (verdict: Verdict, at: number, reason: string) =>
    refuseRow(row, { verdict, column: titleOf(layout, at), value: text(at).slice(0, 200), reason });
  const noConsent = consentProblem(row.consent);
  const earlier = phone.ok ? seen.get(phone.e164) : undefined;
  const wrong = wrongCell(texts, layout);
  if (wrong) refuse("invalid", wrong.at, wrong.reason);
  else if (!phone.ok) refuse("invalid", layout.phone, phone.reason);
  else if (noConsent) refuse("no_consent", layout.consent, noConsent);
  else if (earlier) refuse("duplicate_in_file", layout.phone, repeats(earlier));

  if (noConsent && earlier?.verdict === "valid") {
    const column = titleOf(layout, layout.consent);
    refuseRow(earlier, { verdict: "no_consent", column, value: earlier.consent, reason: withoutYes(row) });
  }
  // A row that is wrong in another way says nothing about its number, unless it says no.
  if (phone.ok && !earlier && (row.verdict !== "invalid" || noConsent)) seen.set(phone.e164, row);
  return row;
}

function refuseRow(row: JudgedRow, why: Pick<JudgedRow, "verdict" | "column" | "value" | "reason">): void {
  Object.assign(row, why);
}

const withoutYes = (other: JudgedRow) =>
  `Row ${other.rowNo} has the same number without a yes. Keep the one row that is true.`;
const repeats = (first: JudgedRow) =>
  first.verdict === "valid" ? `Row ${first.rowNo} has the same number; that row is kept.` : withoutYes(first);

/** The header above a column, or the letter a spreadsheet shows where there is none. */
function titleOf(layout: Layout, at: number): string {
  const letter = at < 26 ? String.fromCharCode(65 + at) : `A${String.fromCharCode(65 + at - 26)}`;
  return layout.titles[at] || `column ${letter}`;
}

function wrongCell(texts: readonly string[], layout: Layout): { at: number; reason: string } | null {
  for (const [at, text] of texts.entries()) {
    if (text === "") continue;
    if (!layout.titles[at]) {
      return {
        at,
        reason: "There is no header above this cell. Name the column; in a CSV file put text with a comma in quotes.",
      };
    }
    if (FORMULA_ERROR.test(text))
      return { at, reason: "This formula has no result. Put the value itself in the cell." };
    if (text.length > limits.cellChars) {
      return { at, reason: `This cell is longer than ${limits.cellChars} characters. Shorten it.` };
    }
  }
  if (texts[layout.name]) return null;
  return { at: layout.name, reason: "The name is missing. Write how you address this person." };
}

/** Null for a clear yes. Everything else is no consent; a blank cell too. */
export function consentProblem(text: string): string | null {
  const word = text.toLowerCase();
  if (YES.has(word)) return null;
  if (word === "") return "Consent is blank, which counts as no. Write yes only if this person agreed.";
  if (NO.has(word)) return "This person did not agree to messages, so they are left out.";
  return `"${text.slice(0, 40)}" is not a clear yes. Write yes only if this person agreed.`;
}
