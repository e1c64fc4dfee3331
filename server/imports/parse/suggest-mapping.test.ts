import { describe, expect, test } from "vitest";
import { suggestMapping } from "./suggest-mapping.ts";
import { attributeName, columnLetter, titlesOf } from "./titles.ts";

const suggest = (cells: readonly (string | number)[], samples: (string | number)[][] = []) =>
  suggestMapping(titlesOf(cells), samples);
const numbers = ["+6281200000012", "081200000013", 6281200000014];

describe("the suggestion of what the columns are", () => {
  test.each([
    [["name", "phone_e164", "consent"]],
    [["\uFEFFName ", " PHONE_E164", "Consent"]],
    [["name", "phone_e164", "consent", "opted_out"]],
  ])("needs nobody's word for %j", (titles) => {
    expect(suggest(titles)).toMatchObject({
      exact: true,
      mapping: { name: 0, phone: 1, consent: 2 },
      ambiguous: [],
      problems: [],
    });
  });

  test.each([
    [["Nama", "No. HP", "Persetujuan"]],
    [["Nama Lengkap", "no hp", "Setuju?"]],
    [["nama", "Nomor WhatsApp", "opt-in"]],
    [["Full name", "WhatsApp number", "Consent given"]],
    [["NAMA", "No. WA", "Berlangganan"]],
    [["contact_name", "Handphone", "opted in"]],
    [["name", "telepon", "consent"]],
    [["name", "mobile", "consent"]],
    [["name", "Phone", "consent"]],
  ])("finds them under %j, to be confirmed", (titles) => {
    expect(suggest(titles)).toMatchObject({
      exact: false,
      mapping: { name: 0, phone: 1, consent: 2, attributes: [] },
      ambiguous: [],
      problems: [],
    });
  });

  test("finds the columns in any order and names the others as templates do", () => {
    const titles = ["Class of", "consent", "phone_e164", "", "name", "Città", "Phone", "#", "Berhenti"];
    expect(suggest(titles)).toEqual({
      mapping: {
        name: 4,
        phone: 2,
        consent: 1,
        optedOut: 8,
        attributes: [
          { at: 0, name: "class_of" },
          { at: 5, name: "citta" },
          { at: 6, name: "other_phone" },
          { at: 7, name: "column_8" },
        ],
      },
      ambiguous: [],
      problems: [],
      exact: false,
    });
  });

  test("says -1 where nothing fits", () => {
    expect(suggest(["Kelas", "Kota"])).toMatchObject({ exact: false, mapping: { name: -1, phone: -1, consent: -1 } });
  });

  test.each([
    [["name", "Name", "phone_e164", "consent"], "name", [0, 1]],
    [["name", "phone", "Phone ", "consent"], "phone", [1, 2]],
    [["name", "phone_e164", "consent", "consent"], "consent", [2, 3]],
  ] as const)("never chooses between the two of %j", (titles, column, candidates) => {
    const { mapping, ambiguous, problems, exact } = suggest(titles, [["+6281200000012", "", "yes", ""]]);
    expect({ at: mapping[column], exact }).toEqual({ at: -1, exact: false });
    expect(ambiguous).toEqual([{ column, candidates }]);
    expect(problems).toEqual([expect.stringMatching(/have the same title/)]);
    expect(mapping.attributes).toEqual([]);
  });

  test("leaves out attributes that cannot be told apart, and says so", () => {
    const { mapping, problems, exact } = suggest(["name", "phone_e164", "consent", "Class", "class ", "City"]);
    expect(mapping.attributes).toEqual([{ at: 5, name: "city" }]);
    expect(problems).toEqual(['Columns D and E have the same title: "Class", "class". Choose what each of them is.']);
    expect(exact).toBe(false);
    const other = suggest(["name", "phone_e164", "consent", "Phone", "Other phone"]);
    expect(other).toMatchObject({ exact: false, mapping: { attributes: [] }, problems: [expect.any(String)] });
  });

  test("lets the cells speak where several titles fit, and still shows all of them", () => {
    const samples = numbers.map((number) => ["Ayu", "ext. 7", number, "yes"]);
    expect(suggest(["name", "phone", "mobile", "consent"], samples)).toMatchObject({
      mapping: { phone: 2, attributes: [{ at: 1, name: "other_phone" }] },
      ambiguous: [{ column: "phone", candidates: [1, 2] }],
      exact: false,
    });
    expect(suggest(["name", "phone", "mobile", "consent"])).toMatchObject({
      mapping: { phone: -1, attributes: [] },
      ambiguous: [{ column: "phone", candidates: [1, 2] }],
    });
  });

  test("takes the one column that looks like phone numbers, not one of dates", () => {
    const samples = numbers.map((number, i) => ["Ayu", number, `199${i}-08-17`, "yes"]);
    expect(suggest(["name", "Kontak", "Lahir", "consent"], samples)).toMatchObject({
      mapping: { phone: 1 },
      exact: false,
    });
  });

  test("says when the first row is a person", () => {
    expect(suggest(["Ayu", "+6281200000012", "yes"]).problems).toEqual([
      expect.stringMatching(/first row holds "\+6281200000012"/),
    ]);
  });

  test("of two columns about opting out takes neither", () => {
    const { mapping, problems } = suggest(["name", "phone_e164", "consent", "Stop", "Unsubscribed"]);
    expect(mapping.optedOut).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(/"Stop", "Unsubscribed"/)]);
  });

  test("the report's own columns are no attributes when the mended file comes back", () => {
    const titles = ["name", "phone_e164", "consent", "import_row", "import_column", "import_reason"];
    expect(suggest(titles)).toMatchObject({ exact: true, mapping: { attributes: [] } });
  });
});

test.each([
  ["Class of", "class_of"],
  ["  Ünï  ", "uni"],
  ["名前", "名前"],
  ["!!!", ""],
])("the title %j becomes the attribute %j", (title, name) => {
  expect(attributeName(title)).toBe(name);
});

test("columns have the letters of a spreadsheet", () => {
  expect([0, 25, 26, 49, 702].map(columnLetter)).toEqual(["A", "Z", "AA", "AX", "AAA"]);
});
