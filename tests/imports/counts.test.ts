import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contacts } from "#db/schema/index.ts";
import { commitUpload } from "#server/imports/commit.ts";
import type { Cell } from "#server/imports/parse/cells.ts";
import { createJudge, keptCell, type Verdict, verdicts, yesWords } from "#server/imports/rules.ts";
import { stageImport } from "#server/imports/stage.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, testEnv } from "#tests/factories.ts";

const databaseUrl = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(databaseUrl(), { name: "test" });
});
afterAll(() => connection.close());

const NUMBERS = ["+6281200000012", "+62 812-0000-0012", "+6281200000013", "'+6281200000014", "+14155552671"];
const cell = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", " ", "#N/A", "=1+1", "a\nb", '"', "x".repeat(1_001)),
);
const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom("Ayu", "Bima") }, cell);
const phone = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NUMBERS) },
  fc.constantFrom("081200000012", "6281200000012", "6.28123E+11", "6281200000012.0", "call me"),
  cell,
);
const answer = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<string>(...yesWords, "YES", " Ya ") },
  fc.constantFrom("", "no", "0", "maybe", "yes please", "-"),
  cell,
);
const row = fc.tuple(name, phone, answer, fc.constantFrom("", "no", "yes"), cell);
const rows = fc.array(row, { minLength: 1, maxLength: 25 });
const country = fc.constantFrom("ID" as const, null);

const blank = (cells: readonly string[]) => cells.every((text) => text.trim() === "");
const saidYes = (cells: readonly Cell[]) =>
  yesWords.some((yes) => yes === String(keptCell(cells[2] ?? "")).toLowerCase());
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, count) => all + count, 0);

test("every row has exactly one verdict, and nobody is taken in without an explicit yes", () => {
  const titles = ["name", "phone_e164", "consent", "opted_out", "class"];
  const mapping = { name: 0, phone: 1, consent: 2, optedOut: 3, attributes: [{ at: 4, name: "class" }] };
  const numberToo = fc.oneof(phone, fc.integer({ min: 0 }), fc.constantFrom<Cell>(6281200000012, 81200000012, 6.28e20));
  const any = fc.array(fc.tuple(name, numberToo, answer, fc.constantFrom("", "yes"), cell), { maxLength: 40 });
  fc.assert(
    fc.property(any, country, (file, said) => {
      const judge = createJudge({ ...mapping, titles, country: said });
      const judged = file.map((cells, i) => judge.judge({ rowNo: i + 2, cells: cells.map(keptCell) }));
      expect(judged.map((one) => one.rowNo)).toEqual(file.map((_, i) => i + 2));
      const taken = judged.filter((one) => one.verdict === "valid");
      for (const one of taken) expect(saidYes(file[one.rowNo - 2] ?? [])).toBe(true);
      expect(new Set(taken.map((one) => one.phoneE164)).size).toBe(taken.length);
      for (const one of judged) expect(verdicts).toContain(one.verdict);
      for (const one of judged) if (one.verdict !== "valid") expect(one.reason).toBeTruthy();
    }),
    { numRuns: 500 },
  );
});

test("the counts of a staged file add up to its rows, again after the commit, and a second import changes nothing", async () => {
  const { db } = connection;
  const env = testEnv(databaseUrl());
  const importOnce = async (userId: Id<"user">, bytes: Buffer, said: "ID" | null) => {
    const staged = await stageImport(db, env, userId, { fileName: "people.csv", bytes, country: said ?? undefined });
    const input = { importId: staged.id, consentStatement: "They agreed on the form of the school." };
    const committed = await commitUpload(db, env, userId, input).catch(() => null);
    return { staged, committed };
  };
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom(",", ";", "\t", "|"), country, async (file, delimiter, said) => {
      const userId = await createUser(db);
      const line = (cells: readonly string[]) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter);
      const header = ["name", "phone_e164", "consent", "opted_out", "class"].join(delimiter);
      const bytes = Buffer.from([header, ...file.map(line)].join("\n").replaceAll("\0", ""));
      const expected = file.filter((cells) => !blank(cells)).length;
      fc.pre(expected > 0);
      const { staged, committed } = await importOnce(userId, bytes, said);
      expect({ status: staged.status, total: staged.total, sum: sum(staged.counts) }).toEqual({
        status: "staged",
        total: expected,
        sum: expected,
      });
      if (committed) expect(sum(committed.counts)).toBe(expected);
      const agreed = new Set(await people(userId));
      expect(agreed.size).toBe(committed?.added ?? 0);
      expect(agreed.size).toBeLessThanOrEqual(file.filter(saidYes).length);
      const again = await importOnce(userId, bytes, said);
      expect(sum(again.staged.counts)).toBe(expected);
      const changing: Verdict[] = ["valid", "updated"];
      if (committed) for (const verdict of changing) expect(again.staged.counts[verdict] ?? 0).toBe(0);
      expect(new Set(await people(userId))).toEqual(agreed);
    }),
    { numRuns: 12 },
  );

  async function people(userId: Id<"user">): Promise<string[]> {
    const found = await db.select({ phone: contacts.phoneE164 }).from(contacts).where(eq(contacts.userId, userId));
    return found.map((contact) => contact.phone);
  }
}, 120_000);
