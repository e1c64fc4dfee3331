import { beforeAll, describe, expect, test } from "vitest";
import { type Cell, cellText, type RawRow } from "#server/imports/parse/cells.ts";
import { type Allowance, readFile } from "#server/imports/parse/read-file.ts";
import type { FileFacts } from "#server/imports/parse/rows.ts";
import { suggestMapping } from "#server/imports/parse/suggest-mapping.ts";
import { titlesOf } from "#server/imports/parse/titles.ts";
import { createJudge, keptCell, limits, readNote } from "#server/imports/rules.ts";
import { nastyFiles } from "#tests/fixtures/imports/make.ts";
import type { ExpectedRow, NastyFile } from "#tests/fixtures/imports/nasty-file.ts";
import { builtParser } from "./built-parser.ts";

let parser: Allowance;
beforeAll(async () => {
  parser = await builtParser();
});

interface Read {
  file: FileFacts;
  rows: RawRow[];
}

async function read({ bytes, options }: NastyFile): Promise<Read> {
  const file = await bytes();
  expect(file.length).toBeLessThanOrEqual(limits.fileBytes);
  const all: Partial<Read> & Pick<Read, "rows"> = { rows: [] };
  for await (const part of readFile(file, options, parser)) {
    if ("file" in part) all.file = part.file;
    else all.rows.push(...part.rows);
  }
  if (!all.file) throw new Error("a file tells how it was read");
  return { rows: all.rows, file: all.file };
}

/** Reads and judges the file as the import does, by the suggestion of its header. */
function judge([header, ...rows]: RawRow[], country: NastyFile["country"]) {
  const titles = titlesOf(header?.cells ?? []);
  const suggestion = suggestMapping(
    titles,
    rows.slice(0, 50).map((row) => row.cells),
  );
  const rules = createJudge({ ...suggestion.mapping, titles, country: country ?? null });
  const judged = rows.map((row) =>
    rules.judge({ rowNo: row.rowNo, cells: row.cells.map(keptCell) }, readNote(row, titles)),
  );
  return { suggestion, judged };
}

const seen = (cells: readonly Cell[]) => cells.map((cell) => (typeof cell === "number" ? cell : cellText(cell)));
const matching = (said: string | RegExp) => (typeof said === "string" ? said : expect.stringMatching(said));

function asExpected([rowNo, verdict, said, note]: ExpectedRow) {
  const row = verdict === "valid" ? { phoneE164: said } : { reason: matching(said) };
  return expect.objectContaining({ rowNo, verdict, ...row, note: note === undefined ? null : matching(note) });
}

describe("a file", () => {
  test.each(nastyFiles.map((file) => [file.what, file] as const))("%s", async (_, nasty) => {
    const { expected } = nasty;
    if ("refused" in expected) {
      await expect(read(nasty)).rejects.toThrow(expected.refused);
      return;
    }
    const { file, rows } = await read(nasty);
    expect(file).toMatchObject(expected.file ?? {});
    for (const [rowNo, cells] of Object.entries(expected.cells ?? {}))
      expect(seen(rows.find((row) => row.rowNo === Number(rowNo))?.cells ?? [])).toEqual(cells);
    const { suggestion, judged } = judge(rows, nasty.country);
    const { problems, exact, ...columns } = expected.mapping ?? {};
    expect(suggestion.mapping).toMatchObject(columns);
    if (exact !== undefined) expect(suggestion.exact).toBe(exact);
    expect(suggestion.problems).toEqual(problems ? [expect.stringMatching(problems)] : []);
    if (expected.rows) expect(judged).toEqual(expected.rows.map(asExpected));
  });
});
