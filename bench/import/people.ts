import type { Connection } from "#db/client.ts";
import { commitUpload } from "#server/imports/commit.ts";
import { readImport } from "#server/imports/read.ts";
import { stageImport } from "#server/imports/stage.ts";
import { createUser, testEnv } from "#tests/factories.ts";
import { rawWorkbook, sheetXml } from "#tests/fixtures/imports/archive.ts";

export const ROWS = 100_000;

export interface Person {
  name: string;
  phone: string;
  attributes: { class: string; city: string };
}

export const people: readonly Person[] = Array.from({ length: ROWS }, (_, i) => ({
  name: `Person ${i}`,
  phone: `+62812${10_000_000 + i}`,
  attributes: { class: `3${i % 9}`, city: "Jakarta" },
}));

const TITLES = ["name", "phone_e164", "consent", "class", "city"];
const cellsOf = ({ name, phone, attributes }: Person) => [name, phone, "yes", attributes.class, attributes.city];

/** The people as a text file. */
export function csvFile(): Buffer {
  return Buffer.from([TITLES, ...people.map(cellsOf)].map((cells) => `${cells.join(",")}\n`).join(""));
}

/** The people as a workbook the way Excel writes it: every text once, in a part of its own. */
export function workbookFile(): Buffer {
  const strings = new Map<string, number>();
  const rows = [TITLES, ...people.map(cellsOf)].map((cells, y) => {
    const written = cells.map((text, x) => {
      const at = strings.get(text) ?? strings.size;
      strings.set(text, at);
      return `<c r="${"ABCDE"[x]}${y + 1}" t="s"><v>${at}</v></c>`;
    });
    return `<row r="${y + 1}" spans="1:5">${written.join("")}</row>`;
  });
  const shared = [...strings.keys()].map((text) => `<si><t>${text}</t></si>`).join("");
  return rawWorkbook({
    "xl/worksheets/sheet1.xml": sheetXml(rows.join("")),
    "xl/sharedStrings.xml": `<sst>${shared}</sst>`,
  });
}

/** Milliseconds of the steps of an import. */
export interface Times {
  /** Taking the file in; a large one is only kept. */
  staged: number;
  /** Parsed, judged and every row kept. */
  read: number;
  committed: number;
}

/**
 * Imports a file of all the people into a new list of a new account, step by step as the web process and the worker do it.
 * @throws Error when not every row became a contact
 */
export async function importFile({ db }: Connection, url: string, fileName: string, bytes: Uint8Array): Promise<Times> {
  const env = testEnv(url);
  const userId = await createUser(db);
  const marks = [performance.now()];
  const { id: importId } = await stageImport(db, env, userId, { fileName, bytes });
  marks.push(performance.now());
  await readImport(db, env, importId);
  marks.push(performance.now());
  const consentStatement = "They agreed on the form of the bench.";
  const { added } = await commitUpload(db, env, userId, { importId, consentStatement });
  marks.push(performance.now());
  if (added !== ROWS) throw new Error(`${added} of ${ROWS} rows became contacts`);
  const [staged = 0, read = 0, committed = 0] = marks.slice(1).map((mark, i) => mark - (marks[i] ?? mark));
  return { staged, read, committed };
}
