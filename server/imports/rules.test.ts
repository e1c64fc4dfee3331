import { describe, expect, test } from "vitest";
import { judgePhone } from "../contacts/phone.ts";
import { attributeName, readHeader } from "./parse/headers.ts";
import { consentProblem, type JudgedRow, judgeRow, limits, type RawRow } from "./rules.ts";

describe("a phone number", () => {
  test.each([
    ["+6281200000012", "+6281200000012"],
    [" +62 812-0000-0012 ", "+6281200000012"],
    ["+62 (812) 0000.0012", "+6281200000012"],
    ["\u202A+62\u00A0812\u00A00000\u00A00012\u202C", "+6281200000012"],
    ["＋６２８１２００００００１２", "+6281200000012"],
    ["+1 (415) 555-2671", "+14155552671"],
    [6281200000012, "+6281200000012"],
  ])("%j is read as %s", (cell, e164) => {
    expect(judgePhone(cell)).toEqual({ ok: true, e164 });
  });

  test.each([
    ["", /missing.*\+62/],
    ["081200000012", /country code.*\+6281200000012/],
    ["6281200000012", /\+ is missing. Write \+6281200000012/],
    ["006281200000012", /in place of the leading 00: \+6281200000012/],
    ["6.28123E+11", /shortened.*Text/],
    ["6,28123e11", /shortened.*Text/],
    ["6281200000012.0", /decimal/],
    ["call Ayu", /digits only/],
    ["+62812", /too short/],
    ["+6281200000012000000", /too long/],
    ["+6281200000012, +6281200000013", /more than one/],
    ["+6281200000012/+6281200000013", /more than one/],
    ["+6281200000012#", /belongs to no phone number/],
    ["+0281200000012", /No country code begins with 0/],
    ["+999123456789", /no known country code/],
    ["+551112345678", /cannot|can exist/],
    [81200000012, /drops a leading/],
    [6.28123e20, /lost digits/],
    [628120000001.5, /lost digits/],
    [-6281200000012, /lost digits/],
  ])("%j is refused with what to write instead", (cell, reason) => {
    expect(judgePhone(cell)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe("consent", () => {
  test.each(["yes", "YES", "y", "true", "1", "ya", "X", "✓"])("%j is a yes", (word) => {
    expect(consentProblem(word)).toBeNull();
  });
  test.each(["", "no", "n", "0", "false", "tidak", "-", "maybe", "yes please", "yesterday"])("%j is not", (word) => {
    expect(consentProblem(word)).toMatch(/no|not/);
  });
});

describe("a header", () => {
  test.each([
    [["name", "phone_e164", "consent"]],
    [["\uFEFFName ", " PHONE_E164", "Consent"]],
    [["Nama", "No. HP", "Persetujuan"]],
    [["Full name", "WhatsApp number", "Consent given"]],
  ])("%j is understood", (titles) => {
    expect(readHeader(titles)).toMatchObject({ ok: true, layout: { name: 0, phone: 1, consent: 2, attributes: [] } });
  });

  test("finds the columns in any order and names the others as templates do", () => {
    const header = readHeader(["Class of", "consent", "phone_e164", "", "name", "Città", "Phone", "#"]);
    expect(header).toMatchObject({
      ok: true,
      layout: {
        name: 4,
        phone: 2,
        consent: 1,
        attributes: [
          { at: 0, name: "class_of" },
          { at: 5, name: "citta" },
          { at: 6, name: "other_phone" },
          { at: 7, name: "column_8" },
        ],
      },
    });
  });

  test.each([
    [["name", "phone_e164"], /"consent" is missing.*"name", "phone_e164"/],
    [["name;phone_e164;consent"], /"name" is missing.*"name;phone_e164;consent"/],
    [["name", "name", "phone", "consent"], /More than one column could be "name"/],
    [["name", "phone", "mobile", "consent"], /could be "phone_e164": "phone", "mobile"/],
    [["name", "phone", "consent", "Class", "class "], /same name: "Class", "class"/],
    [[], /"name" is missing/],
  ])("%j is refused, saying what is there", (titles, why) => {
    expect(readHeader(titles)).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  test("the report's own columns are no attributes when the mended file comes back", () => {
    const header = readHeader(["name", "phone_e164", "consent", "import_row", "import_column", "import_reason"]);
    expect(header).toMatchObject({ ok: true, layout: { attributes: [] } });
  });

  test.each([
    ["Class of", "class_of"],
    ["  Ünï  ", "uni"],
    ["名前", "名前"],
    ["!!!", ""],
  ])("%j becomes %j", (title, name) => {
    expect(attributeName(title)).toBe(name);
  });
});

describe("rows", () => {
  const header = readHeader(["Name", "Phone", "Consent", "Class"]);
  if (!header.ok) throw new Error(header.why);
  const judge = (...rows: RawRow["cells"][]): JudgedRow[] => {
    const seen = new Map<string, JudgedRow>();
    return rows.map((cells, index) => judgeRow({ rowNo: index + 2, cells }, header.layout, seen));
  };
  const good = ["Ayu", "+6281200000012", "yes", "3A"];

  test("keep what the file says and the number WhatsApp needs", () => {
    expect(judge(["Ayu", "+62 812 0000 0012", "Ya", 3])).toEqual([
      {
        rowNo: 2,
        name: "Ayu",
        phone: "+62 812 0000 0012",
        phoneE164: "+6281200000012",
        consent: "Ya",
        attributes: { class: "3" },
        verdict: "valid",
        column: null,
        value: null,
        reason: null,
      },
    ]);
  });

  test.each([
    [["", "+6281200000012", "yes"], "invalid", "Name", /name is missing/],
    [["Ayu", "0812", "yes"], "invalid", "Phone", /too short/],
    [["Ayu", "+6281200000012", ""], "no_consent", "Consent", /blank/],
    [["Ayu", "+6281200000012", "no"], "no_consent", "Consent", /did not agree/],
    [["Ayu", "+6281200000012"], "no_consent", "Consent", /blank/],
    [["Ayu", "+6281200000012", "yes", "#N/A"], "invalid", "Class", /formula/],
    [["Ayu", "+6281200000012", "yes", "3A", "stray"], "invalid", "column E", /no header/],
    [["Ayu", "+6281200000012", "yes", "3A", 7], "invalid", "column E", /no header/],
    [["Ayu", "+6281200000012", "yes", "x".repeat(limits.cellChars + 1)], "invalid", "Class", /longer than 1000/],
  ])("%j is %s because of %s", (cells, verdict, column, reason) => {
    expect(judge(cells)).toMatchObject([{ verdict, column, reason: expect.stringMatching(reason) }]);
  });

  test("the first row of a number is kept, however it is written", () => {
    const [first, second] = judge(good, ["Ayu again", "+62-812-0000-0012", "yes"]);
    expect(first).toMatchObject({ verdict: "valid" });
    expect(second).toMatchObject({
      verdict: "duplicate_in_file",
      value: "+62-812-0000-0012",
      reason: expect.stringMatching(/^Row 2 /),
    });
  });

  test("a no anywhere in the file wins over a yes for the same number", () => {
    const no = ["Ayu", "+6281200000012", "no"];
    const namelessNo = ["", "+6281200000012", "no"];
    expect(judge(good, no).map((row) => row.verdict)).toEqual(["no_consent", "no_consent"]);
    expect(judge(no, good).map((row) => row.verdict)).toEqual(["no_consent", "duplicate_in_file"]);
    expect(judge(good, namelessNo).map((row) => row.verdict)).toEqual(["no_consent", "invalid"]);
    expect(judge(namelessNo, good).map((row) => row.verdict)).toEqual(["invalid", "duplicate_in_file"]);
  });

  test("a row that is wrong in another way takes nobody's place", () => {
    expect(judge(["", "+6281200000012", "yes"], good).map((row) => row.verdict)).toEqual(["invalid", "valid"]);
  });

  test("what Postgres cannot keep is taken out", () => {
    const [row] = judge(["A\u0000yu \uD800", "'+6281200000012", "yes", "\uFEFFx"]);
    expect(row).toMatchObject({
      name: "Ayu \uFFFD",
      phone: "+6281200000012",
      verdict: "valid",
      attributes: { class: "x" },
    });
  });
});
