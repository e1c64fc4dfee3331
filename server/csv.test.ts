import fc from "fast-check";
import Papa from "papaparse";
import { expect, test } from "vitest";
import { csvCell, csvLine, withoutGuard } from "./csv.ts";

test.each([
  ["=1+1", `"'=1+1"`],
  ["+6281200000012", `"'+6281200000012"`],
  ["-2", `"'-2"`],
  ["@SUM(A1)", `"'@SUM(A1)"`],
  ["\t=1", `"'\t=1"`],
  ["\r=1", `"'\r=1"`],
  [" \uFEFF=1", `"' \uFEFF=1"`],
  ['say "hi"', `"say ""hi"""`],
  [-2, `"-2"`],
  [null, `""`],
])("%j is written as %s", (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test("whatever is written comes back the same, and no cell starts a formula", () => {
  const hostile = fc.string({
    unit: fc.constantFrom("=", "+", "-", "@", "'", '"', ",", "\t", "\r", "\n", " ", "\uFEFF", "a", "é", "1"),
  });
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 2, maxLength: 6 }), (values) => {
      const [cells = []] = Papa.parse<string[]>(csvLine(values), { delimiter: ",", newline: "\r\n" }).data;
      for (const cell of cells) expect(cell).not.toMatch(/^[\s\uFEFF]*[=+\-@]/);
      // Only a text that looked guarded by itself is read back without its apostrophe.
      expect(cells.map(withoutGuard)).toEqual(values.map(withoutGuard));
    }),
  );
});
