import { describe, expect, test } from "vitest";
import type { Cell } from "./parse/cells.ts";
import {
  columnAt,
  consentProblem,
  createJudge,
  type JudgedRow,
  keptCell,
  type Layout,
  limits,
  readNote,
} from "./rules.ts";

describe("consent", () => {
  test.each(["yes", "YES", "y", "true", "1", "ya", "X", "✓"])("%j is a yes", (word) => {
    expect(consentProblem(word)).toBeNull();
  });
  test.each(["", "no", "n", "0", "false", "tidak", "-", "maybe", "yes please", "yesterday"])("%j is not", (word) => {
    expect(consentProblem(word)).toMatch(/no|not/);
  });
});

const layout: Layout = {
  name: 0,
  phone: 1,
  consent: 2,
  optedOut: 4,
  attributes: [{ at: 3, name: "class" }],
  titles: ["Name", "Phone", "Consent", "Class", "Stop", "Unread"],
  country: null,
};

/** Judges rows as the reading of a file does; what a later row changed in an earlier one shows. */
function judge(rows: readonly (readonly Cell[])[], by = layout): JudgedRow[] {
  const ofFile = createJudge(by);
  return rows.map((cells, index) => ofFile.judge({ rowNo: index + 2, cells: cells.map(keptCell) }));
}
const verdictsOf = (...rows: Cell[][]) => judge(rows).map(({ verdict }) => verdict);

const phone = "+6281200000012";
const good = ["Ayu", phone, "yes", "3A"];

describe("a row", () => {
  test("that is good has the number WhatsApp needs, and nothing to say", () => {
    expect(judge([["Ayu", "+62 812 0000 0012", "Ya", 3]])).toEqual([
      { rowNo: 2, phoneE164: phone, verdict: "valid", column: null, reason: null, note: null },
    ]);
  });

  test.each([
    [["", phone, "yes"], "invalid", "Name", /name is missing/],
    [["Ayu", "0812", "yes"], "invalid", "Phone", /too short/],
    [["Ayu", phone, ""], "no_consent", "Consent", /blank/],
    [["Ayu", phone, "no"], "no_consent", "Consent", /did not agree/],
    [["Ayu", phone], "no_consent", "Consent", /blank/],
    [["Ayu", phone, "maybe"], "no_consent", "Consent", /not a clear yes/],
    [["Ayu", phone, "yes", "#N/A"], "invalid", "Class", /formula/],
    [["Ayu", phone, "yes", "3A", "", "", "stray"], "invalid", "column G", /no header/],
    [["Ayu", phone, "yes", "3A", "", "", 7], "invalid", "column G", /no header/],
    [["Ayu", phone, "yes", "x".repeat(limits.cellChars + 1)], "invalid", "Class", /longer than 1000/],
    [["", phone, "no", "", "yes"], "opted_out", "Stop", /opted out/],
    [["Ayu", "0812", "yes", "", "yes"], "invalid", "Phone", /too short/],
    [["Ayu", phone, "yes", "", "no"], "valid", null, /^$/],
  ] as [Cell[], string, string | null, RegExp][])("%j is %s because of %s", (cells, verdict, column, reason) => {
    const [row] = judge([cells]);
    expect(row).toMatchObject({ verdict, column });
    expect(row?.reason ?? "").toMatch(reason);
  });

  test("is not wrong because of a column that is not read", () => {
    expect(verdictsOf([...good, "", "#N/A"], ["Bima", "+6281200000013", "yes", "", "", "x".repeat(2_000)])).toEqual([
      "valid",
      "valid",
    ]);
  });

  test("says which country was assumed for its number", () => {
    const rows = judge(
      [
        ["Ayu", "0812 0000 0012", "yes"],
        ["Bima", "+6281200000013", "yes"],
      ],
      { ...layout, country: "ID" },
    );
    expect(rows).toMatchObject([
      { verdict: "valid", phoneE164: phone, note: expect.stringContaining("+62 (Indonesia)") },
      { verdict: "valid", note: null },
    ]);
  });

  test("says which cells were results of formulas, however often it is judged", () => {
    const note = readNote({ rowNo: 2, cells: [], formulas: [1, 6] }, layout.titles);
    const first = createJudge({ ...layout, country: "ID" }).judge(
      { rowNo: 2, cells: ["Ayu", "081200000012", "yes"] },
      note,
    );
    expect(first.note).toMatch(/^The result of a formula: Phone, column G\.\nassumed/);
    const second = createJudge(layout).judge({ rowNo: 2, cells: good }, first.note);
    expect(second.note).toBe(note);
  });
});

describe("rows of one number", () => {
  const no = ["Ayu", phone, "no"];
  const blank = ["Ayu", phone, ""];
  const namelessNo = ["", phone, "no"];
  const stop = ["Ayu", phone, "yes", "", "yes"];

  test("are one person: the first is kept, however the number is written", () => {
    const [first, second] = judge([good, ["Ayu again", "+62-812-0000-0012", "yes"]]);
    expect(first).toMatchObject({ verdict: "valid" });
    expect(second).toMatchObject({ verdict: "duplicate", column: "Phone", reason: expect.stringMatching(/^Row 2 /) });
  });

  test.each([
    ["a no wins over a yes before it", [good, no], ["no_consent", "no_consent"]],
    ["a blank too", [good, blank], ["no_consent", "no_consent"]],
    ["a no wins over a yes after it", [no, good], ["no_consent", "duplicate"]],
    ["also one in a row that is wrong", [good, namelessNo], ["no_consent", "invalid"]],
    ["and before it", [namelessNo, good], ["invalid", "duplicate"]],
    ["a row that is wrong otherwise takes nobody's place", [["", phone, "yes"], good], ["invalid", "valid"]],
    ["an opt-out wins over everything after it", [stop, good, no], ["opted_out", "opted_out", "opted_out"]],
    ["and before it", [good, stop], ["opted_out", "opted_out"]],
    ["and over a no", [no, stop], ["opted_out", "opted_out"]],
    ["and over each row before it", [good, good, no, stop], ["opted_out", "opted_out", "opted_out", "opted_out"]],
    ["also where it is said twice", [good, stop, good, stop], ["opted_out", "opted_out", "opted_out", "opted_out"]],
    ["but a wrong row stays wrong", [namelessNo, good, stop, no], ["invalid", "opted_out", "opted_out", "opted_out"]],
    ["before and after it", [stop, ["", phone, "yes"], good], ["opted_out", "invalid", "opted_out"]],
  ] as [string, Cell[][], string[]][])("%s", (_, rows, expected) => {
    expect(verdictsOf(...rows)).toEqual(expected);
  });

  test("tell which earlier rows they changed", () => {
    const judgeOfFile = createJudge(layout);
    const [first] = [good, good, no].map((cells, index) => judgeOfFile.judge({ rowNo: index + 2, cells }));
    expect([...judgeOfFile.corrected]).toEqual([first]);
    expect(first).toMatchObject({ rowNo: 2, verdict: "no_consent", reason: expect.stringMatching(/^Row 4 /) });
  });

  test("tell which row opted their person out", () => {
    const judgeOfFile = createJudge(layout);
    const rows = [good, good, stop, no].map((cells, index) => judgeOfFile.judge({ rowNo: index + 2, cells }));
    expect([...judgeOfFile.corrected]).toEqual(rows.slice(0, 2));
    expect(rows.map(({ column, reason }) => `${column}: ${reason?.slice(0, 10)}`)).toEqual([
      "Phone: Row 4 says",
      "Phone: Row 4 says",
      "Stop: The file s",
      "Phone: Row 4 says",
    ]);
  });
});

describe("a cell", () => {
  test.each([
    ["A\u0000yu \uD800", "Ayu \uFFFD"],
    ["'+6281200000012", "+6281200000012"],
    ["'=1+1", "=1+1"],
    ["'quoted'", "'quoted'"],
    ["\uFEFFx", "x"],
    [6281200000012, 6281200000012],
  ])("%j is kept as %j", (cell, kept) => {
    expect(keptCell(cell)).toBe(kept);
  });

  test("is found again by the title of its column, of two with one title the one that is read", () => {
    const titles = ["Phone", "Name", "Phone", ""];
    const twice = { ...layout, titles, phone: 2, name: 1, consent: 3, optedOut: undefined, attributes: [] };
    expect([columnAt(twice, "Phone"), columnAt(twice, "column D"), columnAt(twice, "Gone")]).toEqual([2, 3, -1]);
  });
});
