import type { ImportMapping } from "#db/schema/imports.ts";
import { type CountryCode, judgePhone } from "../contacts/numbers/phone.ts";
import { withoutGuard } from "../csv.ts";
import { type Cell, cellText, type RawRow } from "./parse/cells.ts";
import { columnLetter } from "./parse/titles.ts";

export type { RawRow } from "./parse/cells.ts";
export { attributeName, REPORT_COLUMNS } from "./parse/titles.ts";

/** What one import may bring. A file beyond it is refused whole, never cut. Files over `readAtOnceBytes` are read by a job. */
export const limits = {
  fileBytes: 10 * 1024 * 1024,
  readAtOnceBytes: 1024 * 1024,
  rows: 100_000,
  columns: 50,
  cellChars: 1_000,
} as const;

/** What becomes of a row. Every row has exactly one of them, so that the counts always add up to the rows. */
export const verdicts = ["valid", "updated", "unchanged", "duplicate", "invalid", "no_consent", "opted_out"] as const;
export type Verdict = (typeof verdicts)[number];
export type Counts = Record<Verdict, number>;

/** How the rows of a file are read: what the columns are, their titles, and the country of numbers without a code. */
export interface Layout extends ImportMapping {
  titles: readonly string[];
  country: CountryCode | null;
}

/** A row's verdict; `column` and `reason` say why it is not valid, `note` what was assumed or seen though it is. */
export interface JudgedRow {
  rowNo: number;
  phoneE164: string | null;
  verdict: Verdict;
  column: string | null;
  reason: string | null;
  note: string | null;
}

/** The words that are a clear yes, in small letters. */
export const yesWords = ["yes", "y", "true", "1", "ya", "iya", "x", "✓", "✔", "☑"] as const;
const YES: ReadonlySet<string> = new Set(yesWords);
/** The words that say no outright: more than a blank, they take back what was agreed before. */
export const noWords = ["no", "n", "false", "0", "tidak", "tdk", "-", "✗", "✘", "☐"] as const;
const NO: ReadonlySet<string> = new Set(noWords);
const FORMULA_ERROR = /^#(?:N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|ERROR!|SPILL!|CALC!)$/;

/** Why a row that is good by itself brings nobody. */
export const optedOutReason = "This person opted out. Only they can change that, by writing START to you.";
const fileOptsOutReason = "The file says that this person opted out. With the import nobody can message them any more.";

export const emptyCounts = (): Counts => ({
  valid: 0,
  updated: 0,
  unchanged: 0,
  duplicate: 0,
  invalid: 0,
  no_consent: 0,
  opted_out: 0,
});

/** The cell as it is kept: what a person sees in it, without what a spreadsheet guard added; a number stays a number. */
export function keptCell(cell: Cell): Cell {
  return typeof cell === "number" ? cell : withoutGuard(cellText(cell));
}

const FORMULAS = "The result of a formula: ";

/** What is worth knowing of a row before anybody said what its columns are. */
export function readNote(raw: RawRow, titles: readonly string[]): string | null {
  const at = raw.formulas ?? [];
  if (at.length === 0) return null;
  return `${FORMULAS}${at.map((column) => titleOf(titles, column).replaceAll("\n", " ")).join(", ")}.`;
}

/** Judges the rows of one file, in their order. */
export interface Judge {
  /**
   * Judges a row by itself and against the rows before it. The first row of a number is kept.
   * @param note what was known of the row before (`readNote`, or an earlier verdict's)
   */
  judge(row: { rowNo: number; cells: readonly Cell[] }, note?: string | null): JudgedRow;
  /** Earlier rows whose verdict a later row changed: one that does not say yes for the same number takes the consent back. */
  readonly corrected: Set<JudgedRow>;
}

/** A judge of one file: pure, but for remembering the rows of each number. */
export function createJudge(layout: Layout): Judge {
  const { titles, country } = layout;
  const seen = new Map<string, JudgedRow>();
  // The other rows of a number, where a row after them may still say that their person opted out; and the row that said so.
  const repeated = new Map<string, JudgedRow[]>();
  const out = new Map<string, number>();
  const corrected = new Set<JudgedRow>();
  const read = new Set([layout.name, layout.phone, layout.consent, layout.optedOut, ...attributesAt(layout)]);
  return {
    corrected,
    judge({ rowNo, cells }, note = null) {
      const phoneCell = cells[layout.phone] ?? "";
      const phone = judgePhone(typeof phoneCell === "number" ? phoneCell : cut(phoneCell), country);
      const before = note?.startsWith(FORMULAS) ? note.split("\n", 1)[0] : undefined;
      const notes = [before, phone.ok ? phone.note : undefined].filter((line) => line !== undefined);
      const row: JudgedRow = {
        rowNo,
        phoneE164: phone.ok ? phone.e164 : null,
        verdict: "valid",
        column: null,
        reason: null,
        note: notes.length > 0 ? notes.join("\n") : null,
      };
      const refuse = (which: JudgedRow, { verdict, at, reason }: Problem) =>
        Object.assign(which, { verdict, reason, column: titleOf(titles, at) });
      const problem = problemOf(cells, layout, read, phone);
      if (!phone.ok) return problem ? refuse(row, problem) : row;

      const number = phone.e164;
      const earlier = seen.get(number);
      const noConsent = consentProblem(textAt(cells, layout.consent)) !== null;
      if (problem?.verdict === "opted_out") {
        refuse(row, problem);
        if (!out.has(number)) out.set(number, rowNo);
        for (const other of [...(earlier ? [earlier] : []), ...(repeated.get(number) ?? [])]) {
          if (other.verdict === "opted_out" || other.verdict === "invalid") continue;
          refuse(other, outBy(rowNo, layout));
          corrected.add(other);
        }
        repeated.delete(number);
      } else {
        const outAt = problem?.verdict === "invalid" ? undefined : out.get(number);
        const wrong = outAt === undefined ? (problem ?? (earlier && repeats(earlier, layout))) : outBy(outAt, layout);
        if (wrong) refuse(row, wrong);
        if (earlier?.verdict === "valid" && noConsent) {
          refuse(earlier, { verdict: "no_consent", at: layout.consent, reason: withoutYes(row) });
          corrected.add(earlier);
        }
        if (earlier && layout.optedOut !== undefined && !out.has(number) && row.verdict !== "invalid") {
          const others = repeated.get(number);
          if (others) others.push(row);
          else repeated.set(number, [row]);
        }
      }
      // A row that is wrong in another way says nothing about its number, unless it says no.
      if (!earlier && (row.verdict !== "invalid" || noConsent)) seen.set(number, row);
      return row;
    },
  };
}

/** What keeps a row from being kept: in which column, and why. */
interface Problem {
  verdict: Verdict;
  at: number;
  reason: string;
}

const attributesAt = ({ attributes }: ImportMapping): number[] => attributes.map(({ at }) => at);

/** What is wrong with a row by itself. */
function problemOf(
  cells: readonly Cell[],
  layout: Layout,
  read: ReadonlySet<number | undefined>,
  phone: { ok: true } | { ok: false; reason: string },
): Problem | undefined {
  const { optedOut } = layout;
  if (phone.ok && optedOut !== undefined && YES.has(textAt(cells, optedOut).toLowerCase()))
    return { verdict: "opted_out", at: optedOut, reason: fileOptsOutReason };
  for (const [at, cell] of cells.entries()) {
    const reason = cell === "" ? null : wrongCell(cell, layout.titles[at] ?? "", read.has(at));
    if (reason) return { verdict: "invalid", at, reason };
  }
  if (textAt(cells, layout.name) === "")
    return { verdict: "invalid", at: layout.name, reason: "The name is missing. Write how you address this person." };
  if (!phone.ok) return { verdict: "invalid", at: layout.phone, reason: phone.reason };
  const reason = consentProblem(textAt(cells, layout.consent));
  return reason === null ? undefined : { verdict: "no_consent", at: layout.consent, reason };
}

function wrongCell(cell: Cell, title: string, isRead: boolean): string | null {
  if (!isRead) {
    if (title !== "") return null;
    return "There is no header above this cell. Name the column; in a CSV file put text with a comma in quotes.";
  }
  if (typeof cell === "number") return null;
  if (FORMULA_ERROR.test(cell)) return "This formula has no result. Put the value itself in the cell.";
  if (cell.length > limits.cellChars) return `This cell is longer than ${limits.cellChars} characters. Shorten it.`;
  return null;
}

/** What is wrong with a good row whose number an earlier row has. */
function repeats(first: JudgedRow, layout: Layout): Problem {
  const kept = `Row ${first.rowNo} has the same number; that row is kept.`;
  return { verdict: "duplicate", at: layout.phone, reason: first.verdict === "valid" ? kept : withoutYes(first) };
}

/** What becomes of a good row when another row says that its person opted out: what the commit would make of it. */
const outBy = (rowNo: number, { phone: at }: Layout): Problem => ({
  verdict: "opted_out",
  at,
  reason: `Row ${rowNo} says that this person opted out. With the import nobody can message them any more.`,
});

const cut = (text: string) => text.slice(0, limits.cellChars);
const textAt = (cells: readonly Cell[], at: number) => cut(String(cells[at] ?? ""));

const withoutYes = (other: JudgedRow) =>
  `Row ${other.rowNo} has the same number without a yes. Keep the one row that is true.`;

/** The title above a column, or the letter a spreadsheet shows where there is none. */
export function titleOf(titles: readonly string[], at: number): string {
  return titles[at] || `column ${columnLetter(at)}`;
}

/** The position of a column that `titleOf` named; of two with one title the one that is read. */
export function columnAt(layout: ImportMapping & { titles: readonly string[] }, title: string): number {
  const read = [layout.phone, layout.consent, layout.name, layout.optedOut, ...attributesAt(layout)];
  const positions = [...read.filter((at) => at !== undefined), ...Array(limits.columns).keys()];
  return positions.find((at) => titleOf(layout.titles, at) === title) ?? -1;
}

/** Null for a clear yes. Everything else is no consent; a blank cell too. */
export function consentProblem(text: string): string | null {
  const word = text.toLowerCase();
  if (YES.has(word)) return null;
  if (word === "") return "Consent is blank, which counts as no. Write yes only if this person agreed.";
  if (NO.has(word)) return "This person did not agree to messages, so they are left out.";
  return `"${text.slice(0, 40)}" is not a clear yes. Write yes only if this person agreed.`;
}
